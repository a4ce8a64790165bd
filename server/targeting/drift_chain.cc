#include "server/targeting/drift_chain.h"

#include <utility>

#include "core/base/status_macros.h"

namespace atomstream {
namespace {

// Beyond so many lost frames the last step says nothing about where the specimen is.
constexpr int64_t kMostFrames = 16;

}  // namespace

double DriftChain::FramesSince(int64_t frame_number) const {
  const int64_t frames = frame_number - frame_number_;
  return frames >= 1 && frames <= kMostFrames ? static_cast<double>(frames) : 1;
}

std::optional<DriftRecord> DriftChain::Measure(const std::shared_ptr<const DriftView>& view,
                                               int64_t frame_number) const {
  if (view == nullptr || view_ == nullptr) return std::nullopt;
  std::optional<PointPx> expected;
  if (step_) {
    const double frames = FramesSince(frame_number);
    expected = {step_->x_px * frames, step_->y_px * frames};
  }
  auto estimate =
      CatchToStatus("drift", [&] { return EstimateDrift(*view_, *view, expected, options_); });
  if (!estimate.ok()) return std::nullopt;
  return DriftRecord{.earlier_sequence = sequence_, .estimate = *std::move(estimate)};
}

void DriftChain::Keep(std::shared_ptr<const DriftView> view, int64_t frame_number, int64_t sequence,
                      const std::optional<DriftRecord>& drift) {
  const double frames = FramesSince(frame_number);
  step_.reset();
  if (drift && drift->estimate.state == DriftState::kMeasured) {
    step_ = {drift->estimate.x_px / frames, drift->estimate.y_px / frames};
  }
  view_ = std::move(view);
  frame_number_ = frame_number;
  sequence_ = sequence;
}

}  // namespace atomstream
