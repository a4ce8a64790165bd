// Spans as OTLP JSON: the ExportTraceServiceRequest of OpenTelemetry in its JSON form, one a line,
// as the collector's file receiver reads it. Pure functions; any thread.
#ifndef ATOMSTREAM_SERVER_TRACE_OTLP_JSON_H_
#define ATOMSTREAM_SERVER_TRACE_OTLP_JSON_H_

#include <string>
#include <vector>

#include "server/trace/span.h"

namespace atomstream {

// With its end of line.
std::string OtlpJsonLine(const SpanResource& resource, const std::vector<Span>& spans);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TRACE_OTLP_JSON_H_
