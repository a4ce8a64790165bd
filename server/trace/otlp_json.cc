#include "server/trace/otlp_json.h"

#include "absl/strings/str_cat.h"
#include "core/base/escaped_text.h"

namespace atomstream {
namespace {

constexpr int kSpanKindInternal = 1;
constexpr int kStatusError = 2;

// Numbers of 64 bits are strings in this form of JSON.
void AppendAttribute(absl::string_view key, const SpanValue& value, std::string& out) {
  absl::StrAppend(&out, out.back() == '[' ? "" : ",", "{\"key\":");
  AppendJsonString(key, out);
  if (const auto* number = std::get_if<int64_t>(&value)) {
    absl::StrAppend(&out, ",\"value\":{\"intValue\":\"", *number, "\"}}");
  } else {
    out += ",\"value\":{\"stringValue\":";
    AppendJsonString(std::get<std::string>(value), out);
    out += "}}";
  }
}

void AppendSpan(const Span& span, std::string& out) {
  absl::StrAppend(&out, out.back() == '[' ? "" : ",", "{\"traceId\":\"", span.trace_id,
                  "\",\"spanId\":\"", span.span_id, "\"");
  if (!span.parent_span_id.empty()) {
    absl::StrAppend(&out, ",\"parentSpanId\":\"", span.parent_span_id, "\"");
  }
  if (!span.trace_state.empty()) {
    out += ",\"traceState\":";
    AppendJsonString(span.trace_state, out);
  }
  out += ",\"name\":";
  AppendJsonString(span.name, out);
  absl::StrAppend(&out, ",\"kind\":", kSpanKindInternal, ",\"startTimeUnixNano\":\"",
                  absl::ToUnixNanos(span.start), "\",\"endTimeUnixNano\":\"",
                  absl::ToUnixNanos(span.end), "\",\"attributes\":[");
  for (const auto& [key, value] : span.attributes) AppendAttribute(key, value, out);
  out += "]";
  if (!span.error.empty()) {
    absl::StrAppend(&out, ",\"status\":{\"code\":", kStatusError, ",\"message\":");
    AppendJsonString(span.error, out);
    out += "}";
  }
  out += "}";
}

}  // namespace

std::string OtlpJsonLine(const SpanResource& resource, const std::vector<Span>& spans) {
  std::string out = "{\"resourceSpans\":[{\"resource\":{\"attributes\":[";
  AppendAttribute("service.name", resource.service, out);
  AppendAttribute("service.version", resource.version, out);
  AppendAttribute("service.instance.id", resource.instance, out);
  out += "]},\"scopeSpans\":[{\"scope\":{\"name\":\"atomstream\",\"version\":";
  AppendJsonString(resource.version, out);
  out += "},\"spans\":[";
  for (const Span& span : spans) AppendSpan(span, out);
  return absl::StrCat(out, "]}]}]}\n");
}

}  // namespace atomstream
