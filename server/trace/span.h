// Span: one named stretch of time of a trace, as OpenTelemetry has it. Plain data.
#ifndef ATOMSTREAM_SERVER_TRACE_SPAN_H_
#define ATOMSTREAM_SERVER_TRACE_SPAN_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"

namespace atomstream {

using SpanValue = std::variant<std::string, int64_t>;

struct Span {
  std::string trace_id = {};        // 32 hexadecimal digits
  std::string trace_state = {};     // as the caller gave it
  std::string span_id = {};         // 16
  std::string parent_span_id = {};  // 16; empty: the root of the trace
  std::string name = {};
  absl::Time start = {};
  absl::Time end = {};
  std::vector<std::pair<std::string, SpanValue>> attributes = {};
  std::string error = {};  // empty: it went well
};

// Who makes the spans.
struct SpanResource {
  std::string service = "atomstreamd";
  std::string version;
  std::string instance;  // the epoch of the store
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TRACE_SPAN_H_
