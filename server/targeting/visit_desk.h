// VisitDesk: where visits are asked for, checked, queued for the one beam, and carried out.
//
// A visit holds a lease of the VisitLedger from the moment it is accepted. It waits in a bounded
// queue and runs on the beam thread, which the desk owns. Everything is checked again right before
// the beam is placed: while a visit waits, its target may be withdrawn, become doubtful or too old.
// Whatever happens after the beam was placed, it is blanked (BeamGuard) before the next visit
// begins and before the caller is answered; while that fails nothing is accepted.
//
// Submit, Cancel, Recheck and Shutdown may be called by any thread. Invariants: `done` is called
// exactly once for an accepted visit, without a lock of ours, and never for a refused one; every
// accepted visit is one entry of the ledger; at most one visit has the beam.
#ifndef ATOMSTREAM_SERVER_TARGETING_VISIT_DESK_H_
#define ATOMSTREAM_SERVER_TARGETING_VISIT_DESK_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/target/visit_ledger.h"
#include "server/audit/audit_log.h"
#include "server/log/event_log.h"
#include "server/metrics/targeting_metrics.h"
#include "server/targeting/beam_guard.h"
#include "server/targeting/refusal.h"
#include "server/targeting/scene_tracker.h"
#include "server/targeting/targeting_options.h"

namespace atomstream {

struct VisitRequest {
  std::string selection_id;
  int64_t target_id = 0;
  std::string epoch;
  absl::Duration dwell;
  bool allow_revisit = false;
  std::string holder;         // as the caller calls itself; for the ledger
  std::string authenticated;  // as it proved to be, in front of that; empty: it did not
  std::string caller;         // for the audit log; empty: the holder
  std::string request_id;     // of the call, for the audit log
  int min_frames_sure = 2;    // [1, 1000]; one frame alone names wrong sites, see docs/targets.md
};

// How a visit ended.
struct VisitReport {
  Refusal refusal;             // ok: completed
  std::optional<Visit> visit;  // the ledger's entry; unset: not listed any more
};

class VisitJob;  // an accepted visit in its caller's hands, for Cancel

// All outlive the desk.
struct VisitDeskDependencies {
  SceneTracker* scene = nullptr;
  VisitLedger* ledger = nullptr;
  BeamControl* beam = nullptr;  // null: there is no microscope
  InterruptibleWait* wait = nullptr;
  const Clock* clock = nullptr;         // for ages by the microscope's clock
  const Clock* steady_clock = nullptr;  // for durations
  TargetingMetrics* metrics = nullptr;
  AuditLog* audit = nullptr;
  EventLog* log = nullptr;
};

class VisitDesk {
 public:
  using Done = std::function<void(const VisitReport&)>;

  VisitDesk(const TargetingOptions& options, VisitDeskDependencies dependencies);
  ~VisitDesk();  // shuts down

  void Start();

  // Refused: kNoMicroscope, kVisitInvalid, those of SceneTracker::Find, kTargetDoubtful,
  // kFrameTooOld, kTargetOutsideFrame, kSiteHeld, kSiteVisited, kDoseExhausted, kVisitQueueFull,
  // kBeamNotBlanked, kTargetingShutDown. `done` may be called before this returns.
  Answer<std::shared_ptr<VisitJob>> Submit(const VisitRequest& request, Done done);

  // Valid ones, for what is asked for from now on; `enabled` is not looked at. Of visits that wait
  // the ledger's limits and the ages are checked again before the beam is placed; the one that has
  // the beam keeps it as planned. Any thread.
  void SetOptions(const TargetingOptions& options);

  // Nobody waits for the visit any more: it ends kCancelled, its beam is blanked. Again, or after
  // its end: no effect.
  void Cancel(VisitJob& job);

  // A new frame was followed: visits that wait for a target that is none any more end.
  void Recheck();

  // Cancels all visits, blanks the beam if it was ever placed, and joins the beam thread. False:
  // the beam could not be blanked.
  bool Shutdown();

  // Brings the metric of how long the oldest visit waits for the beam up to now.
  void ShowAge() const;

  bool beam_safe() const { return !guard_ || guard_->safe(); }  // never placed, or blanked since
  bool blank_failing() const { return guard_ && guard_->failing(); }

 private:
  using JobPtr = std::shared_ptr<VisitJob>;

  Refusal CheckRequest(const VisitRequest& request) const;
  // Whether the beam may be put on the target now, and where.
  Answer<ScanPoint> FindPlace(const VisitRequest& request) const;
  Refusal CheckRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void Run();           // the beam thread's life
  JobPtr Next();        // null: stop
  void KeepBlanking();  // until it is, or the desk stops
  void Carry(VisitJob& job);
  // Places and blanks the beam and ends the visit. The lease is exposed.
  void Expose(VisitJob& job, const ScanPoint& place);
  // Ends a job that nobody else holds: its lease, its books, its caller.
  void End(VisitJob& job, VisitOutcome outcome, double dose, Refusal refusal);
  // Takes a job out of the queue, so that the caller may end it. False: it is not there any more.
  bool Withdraw(const VisitJob& job);
  void EndAllWaiting(VisitOutcome outcome, const Refusal& refusal);

  TargetingOptions options() const;

  const VisitDeskDependencies deps_;
  std::optional<BeamGuard> guard_;  // none: no microscope

  mutable Mutex mutex_;
  CondVar changed_;
  TargetingOptions options_ ABSL_GUARDED_BY(mutex_);  // the ledger's in it are those of the ledger
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<JobPtr> waiting_ ABSL_GUARDED_BY(mutex_);
  JobPtr running_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TARGETING_VISIT_DESK_H_
