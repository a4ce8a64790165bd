// TraceContext: the place in a distributed trace that a caller gives its call, by the header
// "traceparent" of W3C Trace Context. Pure functions; any thread.
#ifndef ATOMSTREAM_SERVER_TRACE_TRACE_CONTEXT_H_
#define ATOMSTREAM_SERVER_TRACE_TRACE_CONTEXT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace atomstream {

struct TraceContext {
  std::string trace_id;   // 32 hexadecimal digits, not all 0
  std::string parent_id;  // 16, the caller's span, not all 0
  bool sampled = false;   // the caller keeps spans of this trace
};

// nullopt: it is malformed, and the standard has it be treated as if there was none. Versions to
// come are read as far as they agree with this one, as it also says.
std::optional<TraceContext> ParseTraceParent(absl::string_view header);

// What the caller's tracing systems add to it, in one or more headers "tracestate" (RFC 9110: as if
// joined by commas). Empty: there is none, or it is longer than 512 characters or has others than
// printable ASCII, and the standard lets it be left out.
std::string JoinTraceState(const std::vector<std::string>& headers);

// In version 00.
std::string TraceParentText(const TraceContext& context);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TRACE_TRACE_CONTEXT_H_
