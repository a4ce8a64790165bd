// What the scene tracker tells others: a frame with its times, and what it did to one selection's
// targets. Plain data; immutable where it crosses threads.
#ifndef ATOMSTREAM_SERVER_TARGETING_SCENE_H_
#define ATOMSTREAM_SERVER_TARGETING_SCENE_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "core/target/target.h"

namespace atomstream {

struct SceneFrame {
  TargetFrame frame;
  absl::Time arrival = absl::UnixEpoch();  // steady clock
  // Acquisition of the frame that the drift starts from, to this one's (without a clock at the
  // source: of their arrivals); 0: there is none.
  absl::Duration period;
};

// Whether the frame's source said when it was acquired.
inline bool HasTime(const TargetFrame& frame) { return frame.acquisition_time > absl::UnixEpoch(); }

// How old a frame is, by its microscope's clock or by ours, whichever says more: a microscope's
// clock that runs ahead must not make a frame younger than it is.
inline absl::Duration AgeOf(const SceneFrame& scene, absl::Time now, absl::Time steady_now) {
  const absl::Duration here = steady_now - scene.arrival;
  return HasTime(scene.frame) ? std::max(now - scene.frame.acquisition_time, here) : here;
}

// How many periods ago the frame was taken; 0: not known.
inline double PeriodsSince(const SceneFrame& scene, absl::Duration age) {
  return scene.period > absl::ZeroDuration() ? absl::FDivDuration(age, scene.period) : 0;
}

// What one frame, or for a slow watcher several, did to the targets of one selection.
struct SelectionUpdate {
  std::string selection_id;
  SceneFrame scene;
  TargetUpdate update;
  int sites = 0;             // of the frame
  std::string empty_reason;  // why there are no targets; empty: there are some
  // Why the frame could not be used; the targets are then those before it. Empty: it could.
  std::string error;
  int64_t frames_skipped = 0;
};

using SelectionUpdatePtr = std::shared_ptr<const SelectionUpdate>;

// A target, and the frame in which it is measured.
struct Sighting {
  Target target;
  SceneFrame scene;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TARGETING_SCENE_H_
