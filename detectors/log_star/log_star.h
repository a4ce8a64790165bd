// LogStar: finds the atoms of one frame with LoG whose parameters are optimised, without labels,
// for the rewards QC and ER. The algorithm's entry point; docs/algorithm.md tells the whole story.
//
// A LogStar is immutable: Detect may be called from many threads at once, each with its own frame.
// It owns no threads; work is spread over the Executor that the caller passes.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_LOG_STAR_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_LOG_STAR_H_

#include <memory>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/image/frame.h"
#include "detectors/log_star/log_star_options.h"
#include "detectors/log_star/log_star_result.h"

namespace atomstream {

class LogStar {
 public:
  // InvalidArgument names the option and its value.
  static absl::StatusOr<std::unique_ptr<LogStar>> Create(const LogStarOptions& options,
                                                         const Clock* clock);
  virtual ~LogStar() = default;

  // `warm_start` is the `next_warm_start` of an earlier result, or null for a cold start.
  // Not an error but a flagged result (see LogStarResult::flags): a constant frame, no lattice,
  // metadata that disagrees with the measured scale. Errors: NotFound for an unknown material;
  // Internal if a library failed.
  virtual absl::StatusOr<LogStarResult> Detect(const Frame& frame, const WarmStart* warm_start,
                                               Executor& executor) const = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_LOG_STAR_H_
