#include "server/trace/trace_context.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace atomstream {
namespace {

// version "-" trace-id "-" parent-id "-" flags
constexpr size_t kVersion = 2;
constexpr size_t kTraceId = 32;
constexpr size_t kParentId = 16;
constexpr size_t kFlags = 2;
constexpr size_t kLength = kVersion + 1 + kTraceId + 1 + kParentId + 1 + kFlags;

// Capital letters are not allowed.
bool IsHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsZero(absl::string_view text) {
  return text.find_first_not_of('0') == absl::string_view::npos;
}

int ValueOf(char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; }

}  // namespace

std::optional<TraceContext> ParseTraceParent(absl::string_view header) {
  if (header.size() < kLength) return std::nullopt;
  const absl::string_view version = header.substr(0, kVersion);
  const absl::string_view trace_id = header.substr(kVersion + 1, kTraceId);
  const absl::string_view parent_id = header.substr(kVersion + kTraceId + 2, kParentId);
  const absl::string_view flags = header.substr(kLength - kFlags, kFlags);
  if (header[kVersion] != '-' || header[kVersion + 1 + kTraceId] != '-' ||
      header[kLength - kFlags - 1] != '-') {
    return std::nullopt;
  }
  if (!IsHex(version) || !IsHex(trace_id) || !IsHex(parent_id) || !IsHex(flags)) {
    return std::nullopt;
  }
  if (version == "ff" || IsZero(trace_id) || IsZero(parent_id)) return std::nullopt;
  // What a later version adds comes behind another dash.
  if (header.size() > kLength && (version == "00" || header[kLength] != '-')) return std::nullopt;
  return TraceContext{.trace_id = std::string(trace_id),
                      .parent_id = std::string(parent_id),
                      .sampled = (ValueOf(flags[1]) & 1) != 0};
}

std::string JoinTraceState(const std::vector<std::string>& headers) {
  constexpr size_t kMaxLength = 512;
  std::string joined = absl::StrJoin(headers, ",");
  const bool printable =
      std::all_of(joined.begin(), joined.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
  return joined.size() <= kMaxLength && printable ? joined : "";
}

std::string TraceParentText(const TraceContext& context) {
  return absl::StrCat("00-", context.trace_id, "-", context.parent_id,
                      context.sampled ? "-01" : "-00");
}

}  // namespace atomstream
