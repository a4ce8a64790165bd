#include "server/targeting/drift_chain.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/status_macros.h"

namespace atomstream {
namespace {

// What an expected drift may be off by, in the scale of its prior, and must lie within the search.
constexpr double kReserve = 2;

}  // namespace

std::optional<double> DriftChain::FramesSince(int64_t frame_number) const {
  const int64_t frames = frame_number - frame_number_;
  if (frames < 1 || frames > kMostFrames) return std::nullopt;
  return static_cast<double>(frames);
}

std::optional<DriftChain::Search> DriftChain::Plan(double frames) const {
  const double widest =
      std::max(options_.max_step_px, std::min(view_->width_px, view_->height_px) / 4.0);
  Search search{.expected = std::nullopt, .options = options_};
  search.options.max_step_px = std::min({frames * options_.max_step_px, widest, 1024.0});
  if (!step_) return search;
  search.expected = {step_->of_a_frame.x_px * frames, step_->of_a_frame.y_px * frames};
  const double change = options_.step_change_px * frames * std::sqrt((step_->frames + frames) / 2);
  search.options.step_change_px = std::min(change, 1024.0);
  // Over one frame the options decide alone.
  const double expected = std::hypot(search.expected->x_px, search.expected->y_px);
  if (frames > 1 && expected + kReserve * change > widest) return std::nullopt;
  return search;
}

std::optional<DriftRecord> DriftChain::Measure(const std::shared_ptr<const DriftView>& view,
                                               int64_t frame_number) const {
  if (view == nullptr || view_ == nullptr) return std::nullopt;
  DriftRecord record{.earlier_sequence = sequence_, .estimate = {}};  // lost
  const std::optional<double> frames = FramesSince(frame_number);
  const std::optional<Search> search = frames ? Plan(*frames) : std::nullopt;
  if (!search) return record;
  auto estimate = CatchToStatus(
      "drift", [&] { return EstimateDrift(*view_, *view, search->expected, search->options); });
  if (!estimate.ok()) return std::nullopt;
  record.estimate = *std::move(estimate);
  return record;
}

void DriftChain::Keep(std::shared_ptr<const DriftView> view, int64_t frame_number, int64_t sequence,
                      const std::optional<DriftRecord>& drift) {
  const std::optional<double> frames = FramesSince(frame_number);
  step_.reset();
  if (frames && drift && drift->estimate.state == DriftState::kMeasured) {
    step_ = Step{{drift->estimate.x_px / *frames, drift->estimate.y_px / *frames}, *frames};
  }
  view_ = std::move(view);
  frame_number_ = frame_number;
  sequence_ = sequence;
}

}  // namespace atomstream
