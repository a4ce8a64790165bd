// Results as a pipeline would hand them to the spans.
#ifndef ATOMSTREAM_TESTS_SERVER_TRACE_TRACED_RESULTS_H_
#define ATOMSTREAM_TESTS_SERVER_TRACE_TRACED_RESULTS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "server/trace/result_spans.h"

namespace atomstream {

inline const absl::Time kResultTime = absl::FromUnixSeconds(1'700'000'000);
inline constexpr char kTraceParent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

// LoG*, 2 ms in the queue, 10 ms of work (3 optimise, 5 detect), 1 ms of order; then 0.5 ms of
// store and 0.25 ms of publishing.
inline TracedResult MakeTracedResult(const std::string& frame_id,
                                     const std::string& trace_parent = "") {
  FrameRecord record;
  record.position = {"epoch-1", 7};
  record.frame_id = frame_id;
  record.frame_number = 42;
  record.result_time = kResultTime;
  record.settings_version = 3;
  record.trace_parent = trace_parent;
  LogStarResult result;
  result.timings.optimise = absl::Milliseconds(3);
  result.timings.detect = absl::Milliseconds(5);
  record.detector.result = std::move(result);
  record.timings = {{"queue", absl::Milliseconds(2)},
                    {"process", absl::Milliseconds(10)},
                    {"order", absl::Milliseconds(1)},
                    {"total", absl::Milliseconds(13)}};
  return {std::make_shared<const FrameRecord>(std::move(record)), absl::Microseconds(500),
          absl::Microseconds(250)};
}

// 1, 2, 3, …
inline std::function<uint64_t()> CountingRandom() {
  return [next = uint64_t{0}]() mutable { return ++next; };
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_TRACE_TRACED_RESULTS_H_
