#include "client/cli/watch_session.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/printable.h"
#include "client/cli/result_json.h"
#include "client/cli/settings_text.h"
#include "client/cli/structure_text.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

// As it is shown to people. Epochs change alike in all events, so the books balance as before.
ResultEvent PrintableEvent(ResultEvent event) {
  if (auto* linked = std::get_if<Linked>(&event)) {
    MakePrintable(linked->run);
    MakePrintable(linked->after);
  } else if (auto* gap = std::get_if<ResultGap>(&event)) {
    gap->epoch = Printable(gap->epoch);
  } else if (auto* result = std::get_if<v1::FrameResult>(&event)) {
    MakePrintable(*result);
  } else if (auto* source = std::get_if<v1::SourceStatus>(&event)) {
    MakePrintable(*source);
  } else if (auto* settings = std::get_if<v1::SettingsChange>(&event)) {
    MakePrintable(*settings);
  } else if (auto* change = std::get_if<EpochChange>(&event)) {
    MakePrintable(change->old_position);
    change->new_epoch = Printable(change->new_epoch);
  }
  return event;
}

}  // namespace

absl::Status WatchSession::OnEvent(const ResultEvent& event, absl::Time now) {
  return json_ ? Take(event, now) : Take(PrintableEvent(event), now);
}

absl::Status WatchSession::Take(const ResultEvent& event, absl::Time now) {
  if (const auto* linked = std::get_if<Linked>(&event)) return OnLinked(*linked);
  if (const auto* gap = std::get_if<ResultGap>(&event)) return OnGap(*gap);
  if (const auto* result = std::get_if<v1::FrameResult>(&event)) return OnResult(*result, now);
  if (const auto* source = std::get_if<v1::SourceStatus>(&event)) OnSource(*source);
  if (const auto* change = std::get_if<v1::SettingsChange>(&event)) OnSettings(*change);
  if (const auto* change = std::get_if<EpochChange>(&event)) OnEpochChange(*change);
  return absl::OkStatus();
}

absl::Status WatchSession::OnLinked(const Linked& linked) {
  const v1::RunDescription& run = linked.run;
  last_frame_number_.reset();
  if (json_) {
    JsonWriter json;
    json.BeginObject().Key("event").Text("run");
    json.Key("epoch").Text(run.position().epoch());
    json.Key("sequence").Integer(run.position().sequence());
    json.Key("after_sequence").Integer(linked.after.sequence());
    json.Key("daemon_version").Text(run.daemon_version());
    json.Key("source").Text(run.source()).Key("material").Text(run.material());
    json.Key("detectors").BeginArray();
    for (const std::string& detector : run.detectors()) json.Text(detector);
    json.EndArray().EndObject();
    Print(json);
  } else {
    const std::string source = run.source().empty() ? "none" : run.source();
    const bool resumed = linked.after.sequence() != run.position().sequence();
    output_.out << output_.style.Dim(absl::StrCat(
                       "atomstreamd ", run.daemon_version(), ", source ", source, ", material ",
                       run.material(), ", newest result ", run.position().sequence(),
                       resumed ? absl::StrCat(", going on behind ", linked.after.sequence()) : ""))
                << "\n";
    lines_ = 0;
  }
  return account_.OnLinked(linked.after.epoch(), linked.after.sequence());
}

absl::Status WatchSession::OnGap(const ResultGap& gap) {
  const bool not_kept = gap.cause == ResultGap::Cause::kNotKept;
  RETURN_IF_ERROR(account_.OnGap(gap.epoch, gap.first_sequence, gap.last_sequence, gap.results,
                                 /*while_away=*/not_kept));
  gap_before_ += gap.results;
  // Behind a gap nobody knows how many frame numbers the lost results had.
  last_frame_number_.reset();
  if (json_) {
    JsonWriter json;
    json.BeginObject().Key("event").Text("gap");
    json.Key("epoch").Text(gap.epoch);
    json.Key("first_sequence").Integer(gap.first_sequence);
    json.Key("last_sequence").Integer(gap.last_sequence);
    json.Key("results").Integer(gap.results);
    json.Key("cause").Text(not_kept ? "not_kept" : "declared").EndObject();
    Print(json);
  } else if (not_kept) {
    output_.out << output_.style.Dim(absl::StrCat("results ", gap.first_sequence, " to ",
                                                  gap.last_sequence, " are no longer kept"))
                << std::endl;
  }
  return absl::OkStatus();
}

void WatchSession::OnEpochChange(const EpochChange& change) {
  if (json_) {
    JsonWriter json;
    json.BeginObject().Key("event").Text("epoch");
    json.Key("old_epoch").Text(change.old_position.epoch());
    json.Key("old_sequence").Integer(change.old_position.sequence());
    json.Key("new_epoch").Text(change.new_epoch).EndObject();
    Print(json);
    return;
  }
  output_.out << output_.style.Dim(absl::StrCat(
                     "the daemon has a new store: epoch ", change.new_epoch, " follows ",
                     change.old_position.epoch(), ", of which nothing behind result ",
                     change.old_position.sequence(), " will come"))
              << std::endl;
}

absl::Status WatchSession::OnResult(const v1::FrameResult& result, absl::Time now) {
  const ResultView view(result);
  const LossBefore loss = LossOf(result);
  gap_before_ = 0;
  if (json_) {
    JsonWriter json;
    json.BeginObject().Key("event").Text("result");
    WriteResultBrief(view, json);
    json.Key("lost_at_source").Integer(loss.at_source).EndObject();
    Print(json);
  } else {
    TellModel(view.detector);
    // LoG*'s columns need their header; a line of the U-Net says by itself what is what.
    const bool unet = view.is_unet();
    if (lines_++ % kLinesPerHeader == 0 || (under_unet_header_ && !unet)) {
      output_.out << output_.style.Dim(WatchHeader(unet)) << "\n";
      under_unet_header_ = unet;
    }
    output_.out << WatchLine(view, loss, output_.style) << "\n"
                << WatchStructure(view, output_.style) << std::flush;
  }
  if (!first_result_) first_result_ = now;
  last_result_ = now;
  // A frame that is decided anew was counted and scored before.
  if (view.made_anew()) {
    ++made_anew_;
    return account_.OnResult(result.position().epoch(), result.position().sequence());
  }
  lost_at_source_ += loss.at_source;
  dropped_at_admission_ += loss.at_admission;
  scores_[view.detector.detector()].Add(view);
  for (const v1::DetectorSummary& detector : result.summary().detectors()) {
    if (detector.state() == v1::DETECTOR_STATE_SKIPPED) ++unet_skipped_;
  }
  return account_.OnResult(result.position().epoch(), result.position().sequence());
}

LossBefore WatchSession::LossOf(const v1::FrameResult& result) {
  LossBefore loss;
  loss.at_admission = result.frames_dropped_before();
  loss.in_gaps = gap_before_;
  // The U-Net's results come later than LoG*'s, and not of every frame: their numbers tell nothing.
  // A frame that is decided anew has been before.
  const ResultView view(result);
  if (result.origin() != "source" || view.is_unet() || view.made_anew()) return loss;
  if (last_frame_number_) {
    loss.at_source =
        std::max<int64_t>(0, result.frame_number() - *last_frame_number_ - 1 - loss.at_admission);
  }
  last_frame_number_ = result.frame_number();
  return loss;
}

void WatchSession::OnSource(const v1::SourceStatus& source) {
  if (source.state() != v1::SOURCE_STATE_STREAMING) last_frame_number_.reset();
  if (json_) {
    JsonWriter json;
    json.BeginObject().Key("event").Text("source");
    json.Key("state").Text(SourceStateText(source.state()));
    json.Key("description").Text(source.description());
    json.Key("last_error").Text(source.last_error());
    json.Key("reconnects").Integer(source.reconnects()).EndObject();
    Print(json);
    return;
  }
  std::string line =
      absl::StrCat("source ", source.description(), ": ", SourceStateText(source.state()));
  if (!source.last_error().empty()) absl::StrAppend(&line, ", last error: ", source.last_error());
  output_.out << output_.style.Dim(line) << std::endl;
}

void WatchSession::OnSettings(const v1::SettingsChange& change) {
  if (json_) {
    JsonWriter json;
    json.BeginObject().Key("event").Text("settings");
    WriteChange(change, json);
    json.EndObject();
    Print(json);
    return;
  }
  output_.out << output_.style.Dim(ChangeLine(change)) << std::endl;
}

void WatchSession::TellModel(const v1::DetectorResult& detector) {
  if (detector.model_id().empty() || detector.model_id() == model_) return;
  model_ = detector.model_id();
  output_.out << output_.style.Dim(absl::StrCat("U-Net model ", model_, ", ",
                                                detector.ensemble_members(), " members, ",
                                                detector.precision(), " on ", detector.device()))
              << "\n";
}

void WatchSession::Scores::Add(const ResultView& view) {
  ++results;
  if (!view.detector.error().empty()) ++failed;
  total_ms_sum += view.total_ms;
  total_ms_max = std::max(total_ms_max, view.total_ms);
  if (view.evaluation == nullptr) return;
  ++scored;
  f1_sum += view.evaluation->f1();
  f1_min = std::min(f1_min, view.evaluation->f1());
}

void WatchSession::Scores::Write(JsonWriter& json) const {
  json.Key("f1_mean");
  scored > 0 ? json.Number(f1_mean()) : json.Null();
  json.Key("f1_min");
  scored > 0 ? json.Number(f1_min) : json.Null();
  json.Key("total_ms_mean").Number(total_ms_mean()).Key("total_ms_max").Number(total_ms_max);
}

std::string WatchSession::Scores::Text() const {
  std::string text =
      absl::StrFormat("latency mean %.1f, max %.1f ms", total_ms_mean(), total_ms_max);
  if (scored > 0) absl::StrAppendFormat(&text, ", F1 mean %.4f, min %.4f", f1_mean(), f1_min);
  if (failed > 0) absl::StrAppend(&text, ", ", failed, " failed");
  return text;
}

void WatchSession::WriteEpochs(JsonWriter& json) const {
  json.Key("epochs").BeginArray();
  for (const WatchAccount::Books& books : account_.epochs()) {
    json.BeginObject().Key("epoch").Text(books.epoch);
    json.Key("first_sequence").Integer(books.first).Key("last_sequence").Integer(books.last);
    json.Key("received").Integer(books.received).Key("lost").Integer(books.lost);
    // Of chosen detectors nobody knows how many numbers are theirs.
    json.Key("published");
    account_.all_detectors() ? json.Integer(books.last - books.first + 1) : json.Null();
    json.EndObject();
  }
  json.EndArray();
}

std::string WatchSession::EpochsText() const {
  std::string text;
  for (const WatchAccount::Books& books : account_.epochs()) {
    absl::StrAppend(&text, "\nepoch ", books.epoch, ": ");
    if (books.last < books.first) {
      absl::StrAppend(&text, "nothing behind ", books.last);
      continue;
    }
    absl::StrAppend(&text, books.received, " received + ", books.lost, " lost");
    if (account_.all_detectors()) {
      absl::StrAppend(&text, " = ", books.last - books.first + 1, " published");
    }
    absl::StrAppend(&text, ", ", books.first, " to ", books.last);
  }
  return text;
}

void WatchSession::PrintSummary() {
  const int64_t results = account_.results();
  const double seconds = first_result_ ? absl::ToDoubleSeconds(last_result_ - *first_result_) : 0;
  const double rate = seconds > 0 ? static_cast<double>(results - 1) / seconds : 0;
  const int64_t reconnects = std::max<int64_t>(0, account_.links() - 1);
  // Of several detectors LoG*, which comes first, has the word where there is only one.
  const Scores first = scores_.empty() ? Scores() : scores_.begin()->second;
  if (json_) {
    JsonWriter json;
    json.BeginObject().Key("event").Text("summary");
    json.Key("results").Integer(results).Key("seconds").Number(seconds);
    json.Key("results_per_second").Number(rate);
    first.Write(json);
    json.Key("lost_at_source").Integer(lost_at_source_);
    json.Key("frames_dropped_admission").Integer(dropped_at_admission_);
    json.Key("lost_in_gaps").Integer(account_.lost_in_gaps());
    json.Key("lost_while_away").Integer(account_.lost_while_away());
    json.Key("reconnects").Integer(reconnects);
    WriteEpochs(json);
    json.Key("unet_skipped").Integer(unet_skipped_);
    json.Key("made_anew").Integer(made_anew_);
    json.Key("detectors").BeginObject();
    for (const auto& [detector, scores] : scores_) {
      json.Key(detector).BeginObject().Key("results").Integer(scores.results);
      json.Key("failed").Integer(scores.failed);
      scores.Write(json);
      json.EndObject();
    }
    json.EndObject().EndObject();
    Print(json);
    return;
  }
  std::string text = absl::StrFormat("%d results in %.1f s (%.1f/s)", results, seconds, rate);
  if (scores_.size() < 2) {
    absl::StrAppend(&text, ", ", first.Text());
  } else {
    for (const auto& [detector, scores] : scores_) {
      absl::StrAppendFormat(&text, "\n%s: %d results, %s", detector, scores.results, scores.Text());
    }
  }
  if (made_anew_ > 0) absl::StrAppend(&text, "\nframes decided anew: ", made_anew_);
  if (unet_skipped_ > 0) absl::StrAppend(&text, "\nskipped by the U-Net: ", unet_skipped_);
  absl::StrAppend(&text, EpochsText());
  absl::StrAppendFormat(
      &text, "\nlost: %d at the source, %d at the door, %d in gaps, %d while away; %d reconnects",
      lost_at_source_, dropped_at_admission_, account_.lost_in_gaps(), account_.lost_while_away(),
      reconnects);
  output_.out << text << std::endl;
}

}  // namespace atomstream
