// DriftChain: measures the drift from the last frame that was followed into the next one.
//
// Frames are left out: at the door when the daemon is slow, or where no lattice was found. The
// options speak of one frame, so over a gap of n frames (by their numbers) the drift is expected at
// n times the last step, looked for n times as far, and believed less: a drift whose step changes
// by c from frame to frame is off by about c n sqrt((n + m) / 2) after n frames, where the last
// step was measured over m. A crystal's other lattice vectors are then among the answers, and
// unless something tells them apart the drift is ambiguous. Nothing is measured over more than
// kMostFrames frames, from frames whose numbers do not rise (another run of the source), or where
// the drift is expected beyond the search, which ends at a quarter of the frame: such a drift is
// lost.
//
// Owned and called by the assembler's thread, through the SceneTracker.
#ifndef ATOMSTREAM_SERVER_TARGETING_DRIFT_CHAIN_H_
#define ATOMSTREAM_SERVER_TARGETING_DRIFT_CHAIN_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "core/image/frame.h"
#include "core/structure/drift.h"
#include "server/record/frame_record.h"

namespace atomstream {

class DriftChain {
 public:
  // Beyond so many frames the last step says nothing about where the specimen is.
  static constexpr int64_t kMostFrames = 16;

  explicit DriftChain(const DriftOptions& options) : options_(options) {}

  void SetOptions(const DriftOptions& options) { options_ = options; }

  // Into the frame of `view`, from the one kept last. nullopt: there is none, or the views differ
  // in size.
  std::optional<DriftRecord> Measure(const std::shared_ptr<const DriftView>& view,
                                     int64_t frame_number) const;

  // The frame was followed: the next drift starts from it. `drift`: Measure's of this frame.
  void Keep(std::shared_ptr<const DriftView> view, int64_t frame_number, int64_t sequence,
            const std::optional<DriftRecord>& drift);

 private:
  struct Step {
    PointPx of_a_frame;
    double frames = 1;  // that it was measured over
  };
  struct Search {
    std::optional<PointPx> expected;
    DriftOptions options;
  };
  // Frames since the kept one, by their numbers; nullopt: too many, or the numbers do not rise.
  std::optional<double> FramesSince(int64_t frame_number) const;
  // nullopt: no drift over so many frames could be told.
  std::optional<Search> Plan(double frames) const;

  DriftOptions options_;
  std::shared_ptr<const DriftView> view_;  // null: no frame is kept
  int64_t frame_number_ = 0;
  int64_t sequence_ = 0;
  std::optional<Step> step_;  // the last drift, if it was measured
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TARGETING_DRIFT_CHAIN_H_
