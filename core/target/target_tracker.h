// TargetTracker: keeps the targets that one set of criteria chooses, frame by frame.
//
// One per request for targets; ids are those of the shared SiteTracker, so that two requests that
// choose the same atom name it alike. A target stays while its site is seen and meets the criteria,
// whatever scores better; it outlives a few frames in which it is not seen or does not meet them
// (noise), is marked doubtful then, and is withdrawn with a reason after that.
//
// Owned and called by the SiteTracker's thread; updates are plain values for everybody.
#ifndef ATOMSTREAM_CORE_TARGET_TARGET_TRACKER_H_
#define ATOMSTREAM_CORE_TARGET_TARGET_TRACKER_H_

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/target/criteria.h"
#include "core/target/site_selection.h"
#include "core/target/site_tracker.h"
#include "core/target/target.h"

namespace atomstream {

class TargetTracker {
 public:
  // `patience_frames` >= 0: how many frames a target may be doubtful before it is withdrawn.
  TargetTracker(Criteria criteria, int patience_frames)
      : criteria_(std::move(criteria)), patience_frames_(patience_frames) {}

  // Brings the targets up to the SiteTracker's newest frame; call it once after each Observe.
  // `known`: clusters and kinds; size and pixel size are the frame's.
  // Errors are those of CheckCriteria for this frame; targets are then left as they were, and the
  // next update makes up for it.
  absl::StatusOr<TargetUpdate> Update(SiteTracker& sites, const CriteriaContext& known);

  // A target of the last update. NotFound: never was one, or too long ago. FailedPrecondition: of
  // another epoch, or withdrawn, with the reason.
  absl::StatusOr<Target> Find(absl::string_view epoch, int64_t id) const;

  const Criteria& criteria() const { return criteria_; }

 private:
  void Withdraw(int64_t id, WithdrawalReason reason, TargetUpdate& update);
  void KeepOrWithdraw(const SiteTracker& sites, const CriteriaContext& context,
                      TargetUpdate& update);
  absl::Status Add(SiteTracker& sites, const SiteSelection& selection, double spacing_px,
                   TargetUpdate& update);

  const Criteria criteria_;
  const int patience_frames_;
  int64_t generation_ = 0;             // of the SiteTracker, at the last update
  std::map<int64_t, Target> targets_;  // by id
  std::string epoch_;
  std::deque<Withdrawal> withdrawn_;  // the last ones, bounded
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_TARGET_TARGET_TRACKER_H_
