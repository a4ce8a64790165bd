#include "client/cli/target_view.h"

#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "client/cli/criteria_flags.h"
#include "client/cli/printable.h"

namespace atomstream {
namespace {

// An enumerator's name without its prefix, in lower case.
std::string ShortName(absl::string_view name, absl::string_view prefix) {
  return absl::AsciiStrToLower(absl::StripPrefix(name, prefix));
}

std::string DriftName(v1::DriftState state) {
  return ShortName(v1::DriftState_Name(state), "DRIFT_STATE_");
}

double Seconds(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + 1e-9 * duration.nanos();
}

std::string FrameText(const v1::TargetFrame& frame) {
  return absl::StrFormat("frame %d %s, %.0f ms old, drift %s %.2f", frame.position().sequence(),
                         frame.frame_id(), 1e3 * Seconds(frame.age()),
                         DriftName(frame.drift_state()), frame.drift_quality());
}

std::string RowText(const v1::Target& target) {
  return absl::StrFormat("%6d %8.2f %8.2f %6.2f %8.3f %8.3f  %5.3f %-18s %5s %7s %5d %5d %8.3f",
                         target.id(), target.x_px(), target.y_px(), target.uncertainty_px(),
                         target.x_nm(), target.y_nm(), target.score(), SiteKindName(target.kind()),
                         target.has_coordination() ? absl::StrCat(target.coordination()) : "-",
                         target.has_cluster() ? absl::StrCat(target.cluster()) : "-",
                         target.frames_sure(), target.frames_doubtful(), target.dose_s());
}

void WriteFrame(const v1::TargetFrame& frame, JsonWriter& json) {
  json.Key("epoch").Text(frame.position().epoch());
  json.Key("sequence").Integer(frame.position().sequence());
  json.Key("frame_id").Text(frame.frame_id());
  json.Key("age_ms").Number(1e3 * Seconds(frame.age()));
  json.Key("width_px").Integer(frame.width_px());
  json.Key("height_px").Integer(frame.height_px());
  json.Key("pixel_size_nm").Number(frame.pixel_size_nm());
  json.Key("drift_state").Text(DriftName(frame.drift_state()));
  json.Key("drift_quality").Number(frame.drift_quality());
}

void WriteTarget(const v1::Target& target, JsonWriter& json) {
  json.BeginObject();
  json.Key("id").Integer(target.id());
  json.Key("x_px").Number(target.x_px());
  json.Key("y_px").Number(target.y_px());
  json.Key("x_nm").Number(target.x_nm());
  json.Key("y_nm").Number(target.y_nm());
  json.Key("x_fraction").Number(target.x_fraction());
  json.Key("y_fraction").Number(target.y_fraction());
  json.Key("uncertainty_px").Number(target.uncertainty_px());
  json.Key("score").Number(target.score());
  json.Key("confidence").Number(target.confidence());
  json.Key("kind").Text(SiteKindName(target.kind()));
  json.Key("coordination");
  target.has_coordination() ? json.Integer(target.coordination()) : json.Null();
  json.Key("cluster");
  target.has_cluster() ? json.Integer(target.cluster()) : json.Null();
  json.Key("cluster_probability").Number(target.cluster_probability());
  json.Key("intensity").Number(target.intensity());
  json.Key("hole_edge_px");
  target.has_hole_edge_px() ? json.Number(target.hole_edge_px()) : json.Null();
  json.Key("frames_sure").Integer(target.frames_sure());
  json.Key("frames_doubtful").Integer(target.frames_doubtful());
  json.Key("dose_s").Number(target.dose_s());
  json.EndObject();
}

template <typename Targets>
void WriteTargetList(const Targets& targets, JsonWriter& json) {
  json.Key("targets").BeginArray();
  for (const v1::Target& target : targets) WriteTarget(target, json);
  json.EndArray();
}

}  // namespace

std::string WithdrawalReasonName(v1::WithdrawalReason reason) {
  return ShortName(v1::WithdrawalReason_Name(reason), "WITHDRAWAL_REASON_");
}

std::string VisitOutcomeName(v1::VisitOutcome outcome) {
  return ShortName(v1::VisitOutcome_Name(outcome), "VISIT_OUTCOME_");
}

std::string TargetsText(const v1::SelectTargetsResponse& raw, const TextStyle& style) {
  const v1::SelectTargetsResponse response = PrintableCopy(raw);
  std::string text =
      absl::StrCat(response.targets_size(), " of ", response.sites(), " sites, selection ",
                   response.selection_id(), ", ", FrameText(response.frame()), "\n");
  if (response.targets().empty()) {
    return absl::StrCat(text, style.Warn(response.empty_reason()), "\n");
  }
  absl::StrAppend(
      &text,
      style.Dim(absl::StrFormat("%6s %8s %8s %6s %8s %8s  %5s %-18s %5s %7s %5s %5s %8s", "id",
                                "x px", "y px", "+- px", "x nm", "y nm", "score", "kind", "bonds",
                                "cluster", "sure", "doubt", "dose s")),
      "\n");
  for (const v1::Target& target : response.targets()) {
    absl::StrAppend(&text, RowText(target), "\n");
  }
  return text;
}

std::string TargetUpdateText(const v1::WatchTargetsResponse& raw, const TextStyle& style) {
  const v1::WatchTargetsResponse response = PrintableCopy(raw);
  std::string text =
      absl::StrCat(FrameText(response.frame()), ": ", response.targets_size(), " targets");
  if (response.frames_skipped() > 0) {
    absl::StrAppend(&text, ", ",
                    style.Warn(absl::StrCat(response.frames_skipped(), " frames skipped")));
  }
  if (response.identities_lost()) absl::StrAppend(&text, ", ", style.Bad("identities lost"));
  if (!response.error().empty()) absl::StrAppend(&text, ", ", style.Bad(response.error()));
  if (!response.empty_reason().empty()) absl::StrAppend(&text, ", ", response.empty_reason());
  absl::StrAppend(&text, "\n");
  std::map<int64_t, const v1::Target*> by_id;
  for (const v1::Target& target : response.targets()) by_id[target.id()] = &target;
  for (const int64_t id : response.added()) {
    const auto target = by_id.find(id);
    absl::StrAppend(&text, "  ", style.Good(absl::StrCat("+", id)));
    if (target != by_id.end()) {
      absl::StrAppendFormat(&text, " at (%.1f, %.1f) px, %s, score %.3f", target->second->x_px(),
                            target->second->y_px(), SiteKindName(target->second->kind()),
                            target->second->score());
    }
    absl::StrAppend(&text, "\n");
  }
  for (const v1::Withdrawal& withdrawal : response.withdrawn()) {
    absl::StrAppend(&text, "  ", style.Warn(absl::StrCat("-", withdrawal.id())), " ",
                    WithdrawalReasonName(withdrawal.reason()), "\n");
  }
  return text;
}

std::string VisitText(const v1::Visit& raw, const TextStyle& style) {
  const v1::Visit visit = PrintableCopy(raw);
  const std::string outcome = VisitOutcomeName(visit.outcome());
  std::string text = absl::StrFormat(
      "visit %d, target %d: %s, %.3f s", visit.number(), visit.target_id(),
      visit.outcome() == v1::VISIT_OUTCOME_COMPLETED ? style.Good(outcome) : style.Bad(outcome),
      visit.dose_s());
  if (visit.exposed()) {
    absl::StrAppendFormat(&text, " at (%.4f, %.4f) of the scan", visit.x_fraction(),
                          visit.y_fraction());
  }
  if (!visit.holder().empty()) absl::StrAppend(&text, ", by ", visit.holder());
  if (!visit.note().empty()) absl::StrAppend(&text, ": ", visit.note());
  return text + "\n";
}

void WriteTargets(const v1::SelectTargetsResponse& response, JsonWriter& json) {
  json.Key("type").Text("targets");
  json.Key("selection_id").Text(response.selection_id());
  WriteFrame(response.frame(), json);
  json.Key("sites").Integer(response.sites());
  json.Key("empty_reason").Text(response.empty_reason());
  WriteTargetList(response.targets(), json);
}

void WriteTargetUpdate(const v1::WatchTargetsResponse& response, JsonWriter& json) {
  json.Key("type").Text("targets");
  json.Key("selection_id").Text(response.selection_id());
  WriteFrame(response.frame(), json);
  json.Key("frames_skipped").Integer(response.frames_skipped());
  json.Key("identities_lost").Bool(response.identities_lost());
  json.Key("error").Text(response.error());
  json.Key("empty_reason").Text(response.empty_reason());
  json.Key("added").BeginArray();
  for (const int64_t id : response.added()) json.Integer(id);
  json.EndArray();
  json.Key("withdrawn").BeginArray();
  for (const v1::Withdrawal& withdrawal : response.withdrawn()) {
    json.BeginObject();
    json.Key("id").Integer(withdrawal.id());
    json.Key("reason").Text(WithdrawalReasonName(withdrawal.reason()));
    json.Key("frame_id").Text(withdrawal.frame_id());
    json.EndObject();
  }
  json.EndArray();
  WriteTargetList(response.targets(), json);
}

void WriteVisit(const v1::Visit& visit, JsonWriter& json) {
  json.Key("type").Text("visit");
  json.Key("number").Integer(visit.number());
  json.Key("epoch").Text(visit.epoch());
  json.Key("target_id").Integer(visit.target_id());
  json.Key("holder").Text(visit.holder());
  json.Key("outcome").Text(VisitOutcomeName(visit.outcome()));
  json.Key("exposed").Bool(visit.exposed());
  json.Key("planned_dose_s").Number(visit.planned_dose_s());
  json.Key("dose_s").Number(visit.dose_s());
  json.Key("x_fraction").Number(visit.x_fraction());
  json.Key("y_fraction").Number(visit.y_fraction());
  json.Key("note").Text(visit.note());
}

}  // namespace atomstream
