#include "core/target/target_tracker.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/target/contradiction.h"

namespace atomstream {
namespace {

constexpr size_t kRemembered = 4096;  // withdrawals that Find can explain

bool InFrame(const TrackedSite& site, const TargetFrame& frame) {
  return site.x_px >= -0.5 && site.x_px <= frame.width_px - 0.5 && site.y_px >= -0.5 &&
         site.y_px <= frame.height_px - 0.5;
}

}  // namespace

void TargetTracker::Withdraw(int64_t id, WithdrawalReason reason, TargetUpdate& update) {
  targets_.erase(id);
  update.withdrawn.push_back({id, reason, update.frame.frame_id});
  withdrawn_.push_back(update.withdrawn.back());
  if (withdrawn_.size() > kRemembered) withdrawn_.pop_front();
}

void TargetTracker::KeepOrWithdraw(const SiteTracker& sites, const CriteriaContext& context,
                                   TargetUpdate& update) {
  std::vector<int64_t> ids;
  for (const auto& [id, target] : targets_) ids.push_back(id);
  const bool lost = sites.generation() != generation_;
  for (const int64_t id : ids) {
    const TrackedSite* site = sites.Find(id);
    if (lost) {
      Withdraw(id, sites.last_loss(), update);
    } else if (site == nullptr) {
      Withdraw(id, WithdrawalReason::kVanished, update);
    } else if (!InFrame(*site, update.frame)) {
      Withdraw(id, WithdrawalReason::kLeftFrame, update);
    } else {
      Target& target = targets_[id];
      const bool seen = site->site_index >= 0;
      const bool meets = seen && Meets(sites.sites()[site->site_index], criteria_.where, context);
      target.where = *site;
      target.frames_doubtful = meets ? 0 : target.frames_doubtful + 1;
      target.frames_sure = meets ? target.frames_sure + 1 : 0;
      if (target.frames_doubtful <= patience_frames_) continue;
      Withdraw(id,
               seen          ? WithdrawalReason::kNoLongerMeets
               : site->moved ? WithdrawalReason::kMoved
                             : WithdrawalReason::kVanished,
               update);
    }
  }
}

absl::Status TargetTracker::Add(SiteTracker& sites, const SiteSelection& selection,
                                double spacing_px, TargetUpdate& update) {
  // Of the targets there are, the selection minded the places of those that are seen.
  std::set<int> held;
  std::vector<const TrackedSite*> unseen;
  for (const auto& [id, target] : targets_) {
    if (target.where.site_index >= 0) {
      held.insert(target.where.site_index);
    } else {
      unseen.push_back(&target.where);
    }
  }
  std::vector<int64_t> order;
  for (const int index : selection.chosen) {
    if (!held.contains(index)) {
      const Site& site = sites.sites()[index];
      const bool free = std::none_of(unseen.begin(), unseen.end(), [&](const TrackedSite* other) {
        return std::hypot(other->x_px - site.x_px, other->y_px - site.y_px) < spacing_px;
      });
      if (!free || static_cast<int>(targets_.size()) >= criteria_.max_count) continue;
    }
    const absl::StatusOr<int64_t> id = sites.Follow(index);
    if (absl::IsResourceExhausted(id.status())) continue;
    RETURN_IF_ERROR(id.status());
    if (targets_.try_emplace(*id).second) {
      targets_[*id].where = *sites.Find(*id);
      update.added.push_back(*id);
    }
    order.push_back(*id);
  }
  const std::set<int64_t> listed(order.begin(), order.end());
  for (auto& [id, target] : targets_) {
    target.drift_x_px = sites.drift().x_px;
    target.drift_y_px = sites.drift().y_px;
    target.drift_quality = sites.drift().quality;
    if (!listed.contains(id)) order.push_back(id);
  }
  for (const int64_t id : order) update.targets.push_back(targets_[id]);
  return absl::OkStatus();
}

absl::StatusOr<TargetUpdate> TargetTracker::Update(SiteTracker& sites,
                                                   const CriteriaContext& known) {
  CriteriaContext context = known;
  context.width_px = sites.frame().width_px;
  context.height_px = sites.frame().height_px;
  context.pixel_size_nm = sites.frame().pixel_size_nm;
  // Also the check that the criteria fit this frame, before anything is changed.
  std::vector<int> keep;
  if (sites.generation() == generation_) {
    for (const auto& [id, target] : targets_) {
      const TrackedSite* site = sites.Find(id);
      if (site != nullptr && site->site_index >= 0) keep.push_back(site->site_index);
    }
  }
  ASSIGN_OR_RETURN(const SiteSelection selection,
                   SelectSites(sites.sites(), criteria_, context, keep));

  TargetUpdate update;
  update.frame = sites.frame();
  update.drift_state = sites.drift().state;
  update.drift_quality = sites.drift().quality;
  update.identities_lost = sites.generation() != generation_ && !epoch_.empty();
  KeepOrWithdraw(sites, context, update);
  generation_ = sites.generation();
  epoch_ = sites.frame().epoch;
  RETURN_IF_ERROR(Add(sites, selection,
                      ToPixels(criteria_.min_spacing, criteria_.min_spacing_unit, context),
                      update));
  return update;
}

absl::StatusOr<Target> TargetTracker::Find(absl::string_view epoch, int64_t id) const {
  if (epoch != epoch_) {
    return absl::FailedPreconditionError(absl::StrCat("target ", id, " is of epoch ", epoch,
                                                      "; the epoch now is ",
                                                      epoch_.empty() ? "not known" : epoch_));
  }
  const auto found = targets_.find(id);
  if (found != targets_.end()) return found->second;
  // The last word on it: a target may have been withdrawn before and come back.
  for (auto it = withdrawn_.rbegin(); it != withdrawn_.rend(); ++it) {
    if (it->id != id) continue;
    return absl::FailedPreconditionError(absl::StrCat("target ", id, " was withdrawn in frame ",
                                                      it->frame_id, ": ",
                                                      WithdrawalReasonName(it->reason)));
  }
  return absl::NotFoundError(
      absl::StrCat("target_id = ", id, ": is no target of this selection, nor was lately"));
}

}  // namespace atomstream
