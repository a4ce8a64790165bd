// Targeting: all of targets and visits in one object: the scene that is followed, the dose ledger,
// and the desk for visits. Free of gRPC. Owned by the daemon.
//
// Life: made and started before the pipeline, which shows it every live frame (OnFrame…); shut down
// before the pipeline, so that the beam is blanked first of all. Any thread may use scene(),
// ledger() and desk().
#ifndef ATOMSTREAM_SERVER_TARGETING_TARGETING_H_
#define ATOMSTREAM_SERVER_TARGETING_TARGETING_H_

#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/base/interruptible_wait.h"
#include "core/target/visit_ledger.h"
#include "server/targeting/scene_tracker.h"
#include "server/targeting/targeting_options.h"
#include "server/targeting/visit_desk.h"

namespace atomstream {

// All outlive it.
struct TargetingDependencies {
  std::string epoch;                  // of the store: ids of targets, and leases, belong to it
  BeamControl* beam = nullptr;        // null: there is no microscope
  InterruptibleWait* wait = nullptr;  // between attempts to blank the beam; null: a real one
  const Clock* clock = nullptr;
  const Clock* steady_clock = nullptr;
  TargetingMetrics* metrics = nullptr;
  AuditLog* audit = nullptr;
  EventLog* log = nullptr;
};

class Targeting {
 public:
  // `options` are valid.
  Targeting(const TargetingOptions& options, const TargetingDependencies& dependencies);
  ~Targeting();  // shuts down

  void Start() { desk_.Start(); }

  // The limits from now on; `enabled` is not looked at. See VisitDesk::SetOptions for visits that
  // wait or run, SceneTracker::SetOptions for selections. Any thread.
  void SetOptions(const TargetingOptions& options);

  // The assembler's thread: a live LoG* result was published. As SceneTracker::Observe.
  void Observe(const FrameRecordPtr& record, const SceneInput& input, absl::Time arrival);

  // Ends visits and blanks the beam, then ends all selections. False: the beam may be on.
  bool Shutdown();

  SceneTracker& scene() { return scene_; }
  VisitLedger& ledger() { return ledger_; }
  VisitDesk& desk() { return desk_; }

 private:
  RealWait wait_;
  VisitLedger ledger_;
  SceneTracker scene_;
  VisitDesk desk_;  // last: its visits hold leases
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TARGETING_TARGETING_H_
