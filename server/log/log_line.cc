#include "server/log/log_line.h"

#include <array>
#include <cmath>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "core/base/escaped_text.h"

namespace atomstream {
namespace {

// Bounds on what others may make us write. Ids are shorter; a message that lists the faults of a
// whole configuration is, too.
constexpr size_t kMaxMessageBytes = 8192;
constexpr size_t kMaxValueBytes = 512;

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

std::string NumberText(int64_t value) { return absl::StrCat(value); }
std::string NumberText(double value) {
  return std::isfinite(value) ? absl::StrCat(value) : "null";  // JSON has no other word for it
}

// `write` gets the text, cut where it is longer than `most`.
template <typename Write>
void WriteBounded(absl::string_view text, size_t most, const Write& write) {
  if (text.size() <= most) {
    write(text);
  } else {
    write(absl::StrCat(text.substr(0, most), "... (", text.size() - most, " bytes more)"));
  }
}

// Calls `text(name, value)` or `number(name, value)` for each field that has a value.
template <typename Text, typename Number>
void ForEachField(const LogLine& line, const Text& text, const Number& number) {
  const auto bounded = [&text](absl::string_view name, absl::string_view value) {
    if (value.empty()) return;
    WriteBounded(value, kMaxValueBytes, [&](absl::string_view cut) { text(name, cut); });
  };
  bounded("component", line.fields.component);
  bounded("frame_id", line.fields.frame_id);
  bounded("request_id", line.fields.request_id);
  for (const LogField& field : line.fields.more) {
    if (const auto* words = std::get_if<absl::string_view>(&field.value)) {
      bounded(field.name, *words);
    } else if (const auto* whole = std::get_if<int64_t>(&field.value)) {
      number(field.name, NumberText(*whole));
    } else {
      number(field.name, NumberText(std::get<double>(field.value)));
    }
  }
  if (line.suppressed > 0) number("suppressed", NumberText(line.suppressed));
}

std::string FormatText(const LogLine& line) {
  std::string out =
      absl::StrCat(TimeText(line.time), line.level == LogLevel::kInfo ? " INFO " : " WARNING ");
  WriteBounded(line.message, kMaxMessageBytes,
               [&out](absl::string_view text) { AppendPrintable(text, out); });
  absl::string_view separator = " [";
  const auto begin = [&](absl::string_view name) {
    absl::StrAppend(&out, separator, name, "=");
    separator = " ";
  };
  ForEachField(
      line,
      [&](absl::string_view name, absl::string_view value) {
        begin(name);
        AppendValue(value, out);
      },
      [&](absl::string_view name, absl::string_view number) {
        begin(name);
        absl::StrAppend(&out, number);
      });
  return absl::StrCat(out, separator == " " ? "]\n" : "\n");
}

std::string FormatJson(const LogLine& line) {
  std::string out =
      absl::StrCat("{\"time\":\"", TimeText(line.time), "\",\"level\":\"",
                   line.level == LogLevel::kInfo ? "info" : "warning", "\",\"message\":");
  WriteBounded(line.message, kMaxMessageBytes,
               [&out](absl::string_view text) { AppendJsonString(text, out); });
  ForEachField(
      line,
      [&](absl::string_view name, absl::string_view value) {
        absl::StrAppend(&out, ",\"", name, "\":");
        AppendJsonString(value, out);
      },
      [&](absl::string_view name, absl::string_view number) {
        absl::StrAppend(&out, ",\"", name, "\":", number);
      });
  return absl::StrCat(out, "}\n");
}

}  // namespace

std::string FormatLine(LogFormat format, const LogLine& line) {
  return format == LogFormat::kJson ? FormatJson(line) : FormatText(line);
}

}  // namespace atomstream
