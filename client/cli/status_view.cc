#include "client/cli/status_view.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "client/cli/printable.h"
#include "client/cli/result_view.h"
#include "client/cli/time_text.h"

namespace atomstream {
namespace {

constexpr double kMib = 1 << 20;

std::string ModelText(const v1::ModelStatus& model) {
  std::string text = absl::StrFormat(
      "model       %s, %d members, %s on %s, since %s\n"
      "            %d reloads, %d refused%s\n",
      model.model_id(), model.ensemble_members(), model.precision(), model.device(),
      TimeText(model.load_time()), model.reloads(), model.reloads_refused(),
      model.loading() ? ", loading another" : "");
  if (!model.last_refusal().empty()) {
    absl::StrAppend(&text, "            last refusal: ", model.last_refusal(), "\n");
  }
  return text;
}

std::string StoreText(const v1::StoreStatus& store) {
  std::string text = absl::StrFormat(
      "kept        %s%s, %.1f MiB of results, %d frames of %.1f MiB\n",
      store.durable() ? "on disk" : "in memory until the daemon ends",
      store.recording() ? "" : ", NOT BEING WRITTEN", static_cast<double>(store.bytes()) / kMib,
      store.kept_frames(), static_cast<double>(store.kept_frame_bytes()) / kMib);
  if (store.disk_free_bytes() >= 0) {
    absl::StrAppendFormat(&text, "            %.0f MiB of the disk are free\n",
                          static_cast<double>(store.disk_free_bytes()) / kMib);
  }
  if (store.results_waiting() > 0 || store.results_lost() > 0) {
    absl::StrAppendFormat(&text,
                          "            %d results wait to be written, %d are lost to the history\n",
                          store.results_waiting(), store.results_lost());
  }
  if (!store.last_error().empty()) {
    absl::StrAppend(&text, "            last error: ", store.last_error(), "\n");
  }
  if (!store.moved_aside().empty()) {
    absl::StrAppend(&text, "            was damaged at the start; the old one is ",
                    store.moved_aside(), "\n");
  }
  return text;
}

void WriteTime(absl::string_view key, const google::protobuf::Timestamp& time, JsonWriter& json) {
  json.Key(key).Text(JsonTime(time));
}

void WritePosition(absl::string_view key, const v1::ResultPosition& position, JsonWriter& json) {
  json.Key(key).BeginObject();
  json.Key("epoch").Text(position.epoch()).Key("sequence").Integer(position.sequence());
  json.EndObject();
}

void WriteStore(const v1::StoreStatus& store, JsonWriter& json) {
  json.BeginObject().Key("durable").Bool(store.durable());
  json.Key("recording").Bool(store.recording());
  json.Key("last_error").Text(store.last_error());
  json.Key("results_waiting").Integer(store.results_waiting());
  json.Key("results_lost").Integer(store.results_lost());
  json.Key("bytes").Integer(store.bytes());
  json.Key("kept_frames").Integer(store.kept_frames());
  json.Key("kept_frame_bytes").Integer(store.kept_frame_bytes());
  json.Key("disk_free_bytes").Integer(store.disk_free_bytes());
  json.Key("moved_aside").Text(store.moved_aside()).EndObject();
}

}  // namespace

std::string StatusText(const v1::GetStatusResponse& raw) {
  const v1::GetStatusResponse status = PrintableCopy(raw);
  const v1::Counters& counters = status.counters();
  std::string text = absl::StrFormat(
      "version     %s, running since %s\n"
      "source      %s%s, %s, %d reconnects\n",
      status.version(), TimeText(status.start_time()), status.source().description(),
      status.source().description().empty() ? "no source" : "",
      SourceStateText(status.source().state()), status.source().reconnects());
  if (!status.source().last_error().empty()) {
    absl::StrAppend(&text, "            last error: ", status.source().last_error(), "\n");
  }
  absl::StrAppendFormat(
      &text,
      "frames      %d received, %d processed, %d failed, %d invalid, %d dropped at the door, %d in "
      "flight\n"
      "results     %d to %d of epoch %s\n"
      "subscribers %d, %d results dropped from their mailboxes\n"
      "speed       %.1f results/s, median latency %.1f ms\n"
      "settings    version %d\n",
      counters.frames_received(), counters.frames_processed(), counters.frames_failed(),
      counters.frames_invalid(), counters.frames_dropped_admission(), status.frames_in_flight(),
      status.oldest().sequence(), status.newest().sequence(), status.newest().epoch(),
      status.subscribers(), counters.results_dropped_subscribers(), status.results_per_second(),
      static_cast<double>(status.latency_p50().seconds()) * 1e3 +
          status.latency_p50().nanos() / 1e6,
      status.settings_version());
  for (const v1::ComponentStatus& component : status.components()) {
    absl::StrAppendFormat(&text, "%-11s %s%s%s\n", component.name(),
                          component.serving() ? "serving" : "NOT SERVING",
                          component.detail().empty() ? "" : ": ", component.detail());
  }
  if (status.has_store()) absl::StrAppend(&text, StoreText(status.store()));
  if (status.has_model()) {
    absl::StrAppend(&text, ModelText(status.model()));
    absl::StrAppendFormat(&text, "            %d live frames skipped while busy\n",
                          counters.unet_frames_skipped());
  }
  return text;
}

void WriteStatus(const v1::GetStatusResponse& status, JsonWriter& json) {
  json.Key("version").Text(status.version());
  WriteTime("start_time", status.start_time(), json);
  json.Key("source").BeginObject();
  json.Key("state").Text(SourceStateText(status.source().state()));
  json.Key("description").Text(status.source().description());
  json.Key("last_error").Text(status.source().last_error());
  json.Key("reconnects").Integer(status.source().reconnects());
  json.EndObject();
  const v1::Counters& counters = status.counters();
  json.Key("counters").BeginObject();
  json.Key("frames_received").Integer(counters.frames_received());
  json.Key("frames_invalid").Integer(counters.frames_invalid());
  json.Key("frames_processed").Integer(counters.frames_processed());
  json.Key("frames_dropped_admission").Integer(counters.frames_dropped_admission());
  json.Key("results_dropped_subscribers").Integer(counters.results_dropped_subscribers());
  json.Key("frames_failed").Integer(counters.frames_failed());
  json.Key("unet_frames_skipped").Integer(counters.unet_frames_skipped());
  json.EndObject();
  json.Key("subscribers").Integer(status.subscribers());
  json.Key("frames_in_flight").Integer(status.frames_in_flight());
  WritePosition("newest", status.newest(), json);
  WritePosition("oldest", status.oldest(), json);
  json.Key("results_per_second").Number(status.results_per_second());
  json.Key("latency_p50_ms")
      .Number(static_cast<double>(status.latency_p50().seconds()) * 1e3 +
              status.latency_p50().nanos() / 1e6);
  json.Key("settings_version").Integer(status.settings_version());
  json.Key("components").BeginArray();
  for (const v1::ComponentStatus& component : status.components()) {
    json.BeginObject().Key("name").Text(component.name());
    json.Key("serving").Bool(component.serving());
    json.Key("detail").Text(component.detail()).EndObject();
  }
  json.EndArray();
  json.Key("store");
  if (status.has_store()) {
    WriteStore(status.store(), json);
  } else {
    json.Null();
  }
  json.Key("model");
  if (!status.has_model()) {
    json.Null();
    return;
  }
  const v1::ModelStatus& model = status.model();
  json.BeginObject().Key("model_id").Text(model.model_id());
  json.Key("device").Text(model.device()).Key("precision").Text(model.precision());
  json.Key("ensemble_members").Integer(model.ensemble_members());
  WriteTime("load_time", model.load_time(), json);
  json.Key("reloads").Integer(model.reloads());
  json.Key("reloads_refused").Integer(model.reloads_refused());
  json.Key("last_refusal").Text(model.last_refusal());
  json.Key("loading").Bool(model.loading()).EndObject();
}

}  // namespace atomstream
