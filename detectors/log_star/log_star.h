// LogStar: finds the atoms of one frame with LoG whose parameters are optimised, without labels,
// for the rewards QC and ER. The algorithm's entry point; docs/algorithm.md tells the whole story.
//
// A LogStar is immutable: Detect may be called from many threads at once, each with its own frame.
// It owns no threads; work is spread over the Executor that the caller passes.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_LOG_STAR_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_LOG_STAR_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/image/frame.h"
#include "detectors/log_star/frame_analysis.h"
#include "detectors/log_star/log_star_options.h"
#include "detectors/log_star/log_star_result.h"
#include "detectors/log_star/solution_choice.h"
#include "detectors/log_star/warm_start.h"

namespace atomstream {

// What one call of Detect wants, beyond the options.
struct DetectRequest {
  // The `next_warm_start` of an earlier result, or null for a cold start. It may come from another
  // LogStar: what does not hold under this one's options is left out (see AdaptWarmStart).
  const WarmStart* warm_start = nullptr;
  // Unset: the options' preference, or the knee. No index: the frame's front is not known yet.
  std::optional<SolutionChoice> choice;
  bool keep_analysis = false;  // fills LogStarResult::analysis
  int64_t max_analysis_bytes = int64_t{128} << 20;
};

class LogStar {
 public:
  // InvalidArgument names the option and its value.
  static absl::StatusOr<std::unique_ptr<LogStar>> Create(const LogStarOptions& options,
                                                         const Clock* clock);
  virtual ~LogStar() = default;

  // Not an error but a flagged result (see LogStarResult::flags): a constant frame, no lattice,
  // metadata that disagrees with the measured scale. Errors: InvalidArgument for a choice out of
  // range; NotFound for an unknown material; Internal if a library failed.
  virtual absl::StatusOr<LogStarResult> Detect(const Frame& frame, const DetectRequest& request,
                                               Executor& executor) const = 0;

  absl::StatusOr<LogStarResult> Detect(const Frame& frame, const WarmStart* warm_start,
                                       Executor& executor) const {
    DetectRequest request;
    request.warm_start = warm_start;
    return Detect(frame, request, executor);
  }
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_LOG_STAR_H_
