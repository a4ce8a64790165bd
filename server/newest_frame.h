// NewestFrame: the newest live frame that has a result of LoG*, with what is needed to decide it
// anew when an operator steers.
//
// Owned by the pipeline. The assembler's thread offers each frame when its result is published, so
// that whoever finds a frame here finds its result in the store; any thread may look. Thread-safe.
// Bound: one frame and one analysis.
#ifndef ATOMSTREAM_SERVER_NEWEST_FRAME_H_
#define ATOMSTREAM_SERVER_NEWEST_FRAME_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/mutex.h"
#include "detectors/log_star/frame_analysis.h"
#include "detectors/log_star/warm_start.h"
#include "server/frame_progress.h"
#include "server/record/frame_record.h"
#include "server/steering/active_settings.h"

namespace atomstream {

struct KeptFrame {
  std::shared_ptr<FrameProgress> progress;        // of the frame as it came in
  std::shared_ptr<const FrameAnalysis> analysis;  // null: none, it must be searched again
  std::shared_ptr<const WarmStart> warm_start;    // null: nothing was learned
  SettingsPtr searched;                           // under which the front was found
  SettingsPtr decided;                            // under which the solution was chosen
  FrameRecordPtr record;                          // its newest result of LoG*, once published

  const Frame& frame() const { return *progress->frame; }
  const LogStarResult& result() const { return std::get<LogStarResult>(record->detector.result); }
};

class NewestFrame {
 public:
  // Takes the place of an older frame, or of the same one. Of a frame that is older than the
  // present one nothing is kept.
  void Offer(KeptFrame frame) {
    std::optional<KeptFrame> old;  // freed after the lock
    MutexLock lock(&mutex_);
    if (kept_ && frame.progress->live_index < kept_->progress->live_index) return;
    old = std::exchange(kept_, std::move(frame));
  }

  // nullopt: there was no live frame with a result yet.
  std::optional<KeptFrame> Get() const {
    MutexLock lock(&mutex_);
    return kept_;
  }

 private:
  mutable Mutex mutex_;
  std::optional<KeptFrame> kept_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_NEWEST_FRAME_H_
