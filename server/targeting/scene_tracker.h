// SceneTracker: follows the atoms of the live frames, and the targets that selections choose from
// them.
//
// The assembler's thread shows it LoG*'s result of every live frame in order: MeasureDrift before
// the result is stored, Observe after it was published. All else may be called by any thread. A
// selection lives until it was not used for a while (Select) or its SceneWatch is destroyed
// (Watch). Where there are too many, the oldest that was only looked at makes room. Frames without
// a lattice, and results that decide a frame anew, are passed over.
//
// Sites are followed from the first frame on, whether or not somebody has chosen targets, so that
// targets can be chosen in the newest frame at any time; that costs little while nobody has.
//
// The lock is held while a frame is brought to all selections (about a millisecond each), and while
// a new selection chooses from the newest frame. Hooks of watches are called without it, once after
// each time their consumer found nothing; they must be quick, and may run while, or just after, the
// watch is destroyed: capture something that keeps itself alive.
#ifndef ATOMSTREAM_SERVER_TARGETING_SCENE_TRACKER_H_
#define ATOMSTREAM_SERVER_TARGETING_SCENE_TRACKER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/target/criteria.h"
#include "core/target/site_tracker.h"
#include "core/target/target_tracker.h"
#include "server/metrics/targeting_metrics.h"
#include "server/targeting/drift_chain.h"
#include "server/targeting/refusal.h"
#include "server/targeting/scene.h"
#include "server/targeting/scene_input.h"
#include "server/targeting/target_mailbox.h"
#include "server/targeting/targeting_options.h"

namespace atomstream {

// A value, or why there is none.
template <typename Value>
struct Answer {
  Refusal refusal;  // ok: `value` is set
  std::optional<Value> value;

  Answer(Refusal why) : refusal(std::move(why)) {}  // NOLINT: as StatusOr converts
  Answer(Value v) : value(std::move(v)) {}          // NOLINT
  bool ok() const { return refusal.ok(); }
};

class SceneWatch;

class SceneTracker {
 public:
  // `options` are valid; clock and metrics outlive the tracker and its watches.
  SceneTracker(const TargetingOptions& options, const Clock* steady_clock,
               TargetingMetrics* metrics);
  ~SceneTracker();

  // Valid ones, from the next frame on; `enabled` is not looked at. Selections and sites beyond
  // lower bounds stay, and new ones wait until there are fewer. Any thread.
  void SetOptions(const TargetingOptions& options);

  // For the views of frames, which none of the options that can change bears on.
  const DriftOptions& drift_options() const { return drift_options_; }

  // The assembler's thread. nullopt: there is nothing to measure from.
  std::optional<DriftRecord> MeasureDrift(const SceneInput& input, int64_t frame_number);
  // The assembler's thread. `record`: published, with MeasureDrift's answer; `arrival` of the frame
  // on the steady clock.
  void Observe(const FrameRecordPtr& record, const SceneInput& input, absl::Time arrival);

  // Chooses targets in the newest frame and goes on following them. `patience_frames` unset: as
  // configured. Refused: kNoLiveFrame, kCriteriaInvalid, kPixelSizeUnknown, kTooManySelections,
  // kTooManySites, kTargetingShutDown.
  Answer<SelectionUpdatePtr> Select(const Criteria& criteria, std::optional<int> patience_frames);
  // The same, told frame by frame; without a frame yet, from the first one on.
  Answer<std::unique_ptr<SceneWatch>> Watch(const Criteria& criteria,
                                            std::optional<int> patience_frames,
                                            std::function<void()> on_ready);

  // A target of a selection, as of the newest frame; that the selection was asked for counts as a
  // use. Refused: kSelectionNotFound, kTargetNotFound, kTargetWithdrawn, kEpochChanged.
  Answer<Sighting> Find(const std::string& selection_id, const std::string& epoch,
                        int64_t target_id);

  // Ends every selection and refuses new ones; what waits in watches can still be taken.
  void Close();

  int selections() const;

 private:
  friend class SceneWatch;
  struct Selection;
  struct Shared;

  const DriftOptions drift_options_;
  DriftChain chain_;  // the assembler's thread only
  const std::shared_ptr<Shared> shared_;
};

// The reading end of one Watch; ends its selection when destroyed. Take is called by one thread at
// a time. May outlive the tracker.
class SceneWatch {
 public:
  ~SceneWatch();
  SceneWatch(const SceneWatch&) = delete;
  SceneWatch& operator=(const SceneWatch&) = delete;

  // What became of the targets since the last Take; nullopt: nothing yet, the hook will be called.
  std::optional<SelectionUpdate> Take();
  // Nothing more will come once Take gives nothing.
  bool closed() const { return mailbox_->closed(); }
  const std::string& selection_id() const { return selection_id_; }

 private:
  friend class SceneTracker;
  SceneWatch(std::shared_ptr<SceneTracker::Shared> shared, std::string selection_id,
             std::shared_ptr<TargetMailbox> mailbox)
      : shared_(std::move(shared)),
        selection_id_(std::move(selection_id)),
        mailbox_(std::move(mailbox)) {}

  const std::shared_ptr<SceneTracker::Shared> shared_;
  const std::string selection_id_;
  const std::shared_ptr<TargetMailbox> mailbox_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TARGETING_SCENE_TRACKER_H_
