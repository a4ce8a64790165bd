// FrameAnalysis: a searched frame, kept so that its atoms can be decided anew without a search: an
// operator moves along the front and sees at once what each solution finds.
//
// Immutable; any thread may call it, and many at once. Self-contained: it may outlive the LogStar
// that made it, the frame, the executor and the clock. It holds no image: about 30 bytes for each
// peak that a solution of its fronts can choose (bytes() tells), bounded by
// DetectRequest::max_analysis_bytes.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_FRAME_ANALYSIS_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_FRAME_ANALYSIS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "detectors/log_star/log_star_options.h"
#include "detectors/log_star/log_star_result.h"
#include "detectors/log_star/solution_choice.h"

namespace atomstream {

// What to decide anew.
struct Reselection {
  SolutionChoice choice;
  std::optional<WindowMode> window_mode;  // unset: as the frame was analysed
};

class FrameAnalysis {
 public:
  virtual ~FrameAnalysis() = default;

  // The frame's result as if it had been detected with this choice from the same fronts: atoms,
  // rewards and choices are new; fronts, lattice, flags, counts of evaluations and next_warm_start
  // are those of the search; timings are 0, as no stage ran; `analysis` is null.
  // Errors: InvalidArgument (a value of the choice), FailedPrecondition (the frame has no front:
  // the message gives its flags), OutOfRange (an index that the front does not have),
  // ResourceExhausted (keeping the frame would have taken more than max_analysis_bytes).
  virtual absl::StatusOr<LogStarResult> Reselect(const Reselection& reselection) const = 0;

  // The hyper-parameter map: the newest front of every window searched so far, also in earlier
  // frames, by index in the window grid, with this choice (an index: see ForOtherFronts). Windows
  // that were not searched in this frame have 0 evaluations. Errors: InvalidArgument.
  virtual absl::StatusOr<std::vector<WindowResult>> Windows(const SolutionChoice& choice) const = 0;

  virtual int64_t bytes() const = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_FRAME_ANALYSIS_H_
