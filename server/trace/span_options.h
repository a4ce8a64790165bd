// SpanOptions: every setting of spans. Plain data.
#ifndef ATOMSTREAM_SERVER_TRACE_SPAN_OPTIONS_H_
#define ATOMSTREAM_SERVER_TRACE_SPAN_OPTIONS_H_

#include <cstdint>
#include <string>

namespace atomstream {

struct SpanOptions {
  std::string file;  // empty: none are written
  int64_t max_file_bytes = int64_t{64} << 20;
  bool all_frames = true;  // false: only those of callers that keep their trace

  bool operator==(const SpanOptions&) const = default;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TRACE_SPAN_OPTIONS_H_
