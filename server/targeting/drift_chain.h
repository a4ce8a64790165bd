// DriftChain: measures the drift from the last frame that was followed into the next one.
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
  explicit DriftChain(const DriftOptions& options) : options_(options) {}

  // Into the frame of `view`, from the one kept last. nullopt: there is none, or the views differ
  // in size.
  std::optional<DriftRecord> Measure(const std::shared_ptr<const DriftView>& view,
                                     int64_t frame_number) const;

  // The frame was followed: the next drift starts from it. `drift`: Measure's of this frame.
  void Keep(std::shared_ptr<const DriftView> view, int64_t frame_number, int64_t sequence,
            const std::optional<DriftRecord>& drift);

 private:
  // Frames since the kept one, by their numbers; 1 where these say nothing.
  double FramesSince(int64_t frame_number) const;

  const DriftOptions options_;
  std::shared_ptr<const DriftView> view_;  // null: no frame is kept
  int64_t frame_number_ = 0;
  int64_t sequence_ = 0;
  std::optional<PointPx> step_;  // the last measured drift, of one frame
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TARGETING_DRIFT_CHAIN_H_
