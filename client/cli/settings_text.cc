#include "client/cli/settings_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "client/cli/printable.h"
#include "client/cli/result_view.h"

namespace atomstream {
namespace {

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

absl::string_view PlaceText(v1::FrontPlace place) {
  switch (place) {
    case v1::FRONT_PLACE_KNEE:
      return "knee";
    case v1::FRONT_PLACE_MIN_ER:
      return "min_er";
    case v1::FRONT_PLACE_MIN_QC:
      return "min_qc";
    default:
      return "unknown";
  }
}

double Milliseconds(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) * 1e3 + duration.nanos() / 1e6;
}

std::string PreprocessingsText(const v1::LogStarSettings& settings) {
  return absl::StrJoin(settings.preprocessing(), ",", [](std::string* out, int value) {
    absl::StrAppend(out, PreprocessingText(static_cast<v1::Preprocessing>(value)));
  });
}

}  // namespace

std::string SelectionText(const v1::Selection& selection) {
  switch (selection.by_case()) {
    case v1::Selection::kPreference:
      return absl::StrCat("preference ", selection.preference());
    case v1::Selection::kPlace:
      return std::string(PlaceText(selection.place()));
    case v1::Selection::kIndex:
      return absl::StrCat("index ", selection.index());
    case v1::Selection::kWeights:
      return absl::StrCat("weights QC ", selection.weights().qc(), ", ER ",
                          selection.weights().er());
    case v1::Selection::BY_NOT_SET:
      break;
  }
  return "nothing";
}

std::string SettingsText(const v1::Settings& raw) {
  const v1::Settings settings = PrintableCopy(raw);
  const v1::LogStarSettings& log_star = settings.log_star();
  return absl::StrFormat(
      "version                %d, by %s, %s\n"
      "selection              %s\n"
      "material               %s\n"
      "rewards                %s\n"
      "er_distance_fraction   %g\n"
      "preprocessing          %s\n"
      "window_mode            %s\n"
      "window_size_px         %d\n"
      "window_stride_fraction %g\n"
      "max_windows            %d\n"
      "optimizer              %s\n"
      "max_evaluations        %d\n"
      "time_budget_ms         %g%s\n"
      "refine_subpixel        %s\n",
      settings.version(), settings.changed_by(),
      absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", TimeOf(settings.change_time()),
                       absl::UTCTimeZone()),
      SelectionText(settings.selection()), log_star.material(),
      absl::StrJoin(log_star.rewards(), ","), log_star.er_distance_fraction(),
      PreprocessingsText(log_star), WindowModeText(log_star.window_mode()),
      log_star.window_size_px(), log_star.window_stride_fraction(), log_star.max_windows(),
      log_star.optimizer(), log_star.max_evaluations(), Milliseconds(log_star.time_budget()),
      log_star.has_time_budget() ? "" : " (none)", log_star.refine_subpixel() ? "true" : "false");
}

std::string ChangeLine(const v1::SettingsChange& raw) {
  const v1::SettingsChange change = PrintableCopy(raw);
  return absl::StrCat("settings version ", change.settings().version(), ", ", change.changed_by(),
                      ": ", change.text());
}

std::string HistoryLine(const v1::SettingsChange& change) {
  return absl::StrCat(
      absl::FormatTime("%Y-%m-%d %H:%M:%E3S UTC", TimeOf(change.settings().change_time()),
                       absl::UTCTimeZone()),
      "  ", ChangeLine(change));
}

void WriteSettings(const v1::Settings& settings, JsonWriter& json) {
  const v1::LogStarSettings& log_star = settings.log_star();
  json.Key("version").Integer(settings.version());
  json.Key("changed_by").Text(settings.changed_by());
  json.Key("change_time")
      .Text(absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", TimeOf(settings.change_time()),
                             absl::UTCTimeZone()));
  json.Key("selection").Text(SelectionText(settings.selection()));
  json.Key("log_star").BeginObject();
  json.Key("material").Text(log_star.material());
  json.Key("rewards").BeginArray();
  for (const std::string& reward : log_star.rewards()) json.Text(reward);
  json.EndArray().Key("er_distance_fraction").Number(log_star.er_distance_fraction());
  json.Key("preprocessing").BeginArray();
  for (const int value : log_star.preprocessing()) {
    json.Text(PreprocessingText(static_cast<v1::Preprocessing>(value)));
  }
  json.EndArray().Key("window_mode").Text(WindowModeText(log_star.window_mode()));
  json.Key("window_size_px").Integer(log_star.window_size_px());
  json.Key("window_stride_fraction").Number(log_star.window_stride_fraction());
  json.Key("max_windows").Integer(log_star.max_windows());
  json.Key("optimizer").Text(log_star.optimizer());
  json.Key("max_evaluations").Integer(log_star.max_evaluations());
  json.Key("time_budget_ms").Number(Milliseconds(log_star.time_budget()));
  json.Key("refine_subpixel").Bool(log_star.refine_subpixel()).EndObject();
}

void WriteChange(const v1::SettingsChange& change, JsonWriter& json) {
  json.Key("text").Text(change.text());
  json.Key("changed_fields").BeginArray();
  for (const std::string& field : change.changed_fields()) json.Text(field);
  json.EndArray().Key("settings").BeginObject();
  WriteSettings(change.settings(), json);
  json.EndObject();
}

}  // namespace atomstream
