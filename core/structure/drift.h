// Drift: how far the specimen moved in the frame from one frame to the next, with the chance that
// the answer is the right one.
//
// Generalised phase correlation: each frequency's phase difference counts by what it is worth, that
// is by the signal it carries against the noise. At low noise this is phase correlation; at high
// noise it is the matched filter. The weights make the correlation a log-likelihood (in nats), so
// peaks can be compared: a crystal looks alike after every lattice vector, and only its defects and
// borders tell which of the peaks is meant. They and a prior (small steps, and steps like the last
// one, are likelier) give each peak a probability. Where no peak clearly wins, the estimate says
// so.
//
// Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_STRUCTURE_DRIFT_H_
#define ATOMSTREAM_CORE_STRUCTURE_DRIFT_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "core/image/frame.h"
#include "core/structure/drift_view.h"

namespace atomstream {

enum class DriftState {
  kMeasured,   // one answer stands out
  kAmbiguous,  // other answers are too likely: x_px and y_px are only the best guess
  kLost,       // the frames do not show the same thing within max_step_px; x_px = y_px = 0
};

struct DriftEstimate {
  DriftState state = DriftState::kLost;
  // Something at (x, y) in the earlier frame is at (x + x_px, y + y_px) in the later one.
  double x_px = 0;
  double y_px = 0;
  double uncertainty_px = 0;  // standard deviation along x or y, if the answer is the right one
  double probability = 0;     // that it is
  // Evidence found over evidence expected of two frames that show the same thing, at most 1.
  double coherence = 0;
  double quality = 0;           // [0, 1]: both together; 0 if lost
  std::vector<PointPx> rivals;  // other answers of probability > 1 %, likeliest first, at most 8
};

// `expected` is where the drift should lie: the last one, if there is one.
// InvalidArgument: views of different sizes.
absl::StatusOr<DriftEstimate> EstimateDrift(const DriftView& earlier, const DriftView& later,
                                            const std::optional<PointPx>& expected,
                                            const DriftOptions& options);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_DRIFT_H_
