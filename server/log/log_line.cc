#include "server/log/log_line.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/log/json_text.h"

namespace atomstream {
namespace {

using Field = std::pair<absl::string_view, absl::string_view>;

std::array<Field, 3> FieldsOf(const LogLine& line) {
  return {Field{"component", line.fields.component}, Field{"frame_id", line.fields.frame_id},
          Field{"request_id", line.fields.request_id}};
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

std::string FormatText(const LogLine& line) {
  std::string out =
      absl::StrCat(TimeText(line.time), line.level == LogLevel::kInfo ? " INFO " : " WARNING ");
  AppendPrintable(line.message, out);
  absl::string_view separator = " [";
  for (const auto& [name, value] : FieldsOf(line)) {
    if (value.empty()) continue;
    absl::StrAppend(&out, separator, name, "=");
    AppendPrintable(value, out);
    separator = " ";
  }
  if (line.suppressed > 0) {
    absl::StrAppend(&out, separator, "suppressed=", line.suppressed);
    separator = " ";
  }
  return absl::StrCat(out, separator == " " ? "]\n" : "\n");
}

std::string FormatJson(const LogLine& line) {
  std::string out =
      absl::StrCat("{\"time\":\"", TimeText(line.time), "\",\"level\":\"",
                   line.level == LogLevel::kInfo ? "info" : "warning", "\",\"message\":");
  AppendJsonString(line.message, out);
  for (const auto& [name, value] : FieldsOf(line)) {
    if (value.empty()) continue;
    absl::StrAppend(&out, ",\"", name, "\":");
    AppendJsonString(value, out);
  }
  if (line.suppressed > 0) absl::StrAppend(&out, ",\"suppressed\":", line.suppressed);
  return absl::StrCat(out, "}\n");
}

}  // namespace

std::string FormatLine(LogFormat format, const LogLine& line) {
  return format == LogFormat::kJson ? FormatJson(line) : FormatText(line);
}

}  // namespace atomstream
