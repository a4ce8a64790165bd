#include "client/agent/agent_plan.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/target_view.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

// So long after a withdrawal a target nearby is still taken for the atom that hopped.
constexpr int64_t kRememberWithdrawn = 100;
// A refused target is tried again after this many frames.
constexpr int64_t kTryAgain = 3;

absl::Status CheckRange(absl::string_view name, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " = ", value, ": must be in [", low, ", ", high, "]"));
}

}  // namespace

absl::Status ValidateAgentPlanOptions(const AgentPlanOptions& o) {
  RETURN_IF_ERROR(CheckRange("sites", o.sites, 1, 1e6));
  RETURN_IF_ERROR(CheckRange("dwell_s", o.dwell_s, 1e-6, 3600));
  RETURN_IF_ERROR(CheckRange("budget_s", o.budget_s, o.dwell_s, 1e6));
  RETURN_IF_ERROR(CheckRange("min_frames_sure", o.min_frames_sure, 1, 1000));
  RETURN_IF_ERROR(CheckRange("settle_frames", o.settle_frames, 0, 1e6));
  RETURN_IF_ERROR(CheckRange("idle_frames", o.idle_frames, 1, 1e6));
  RETURN_IF_ERROR(CheckRange("max_failures", o.max_failures, 0, 1e6));
  return CheckRange("same_atom_nm", o.same_atom_nm, 0, 100);
}

absl::string_view AgentEndName(AgentEnd end) {
  switch (end) {
    case AgentEnd::kRunning:
      return "running";
    case AgentEnd::kGoal:
      return "goal";
    case AgentEnd::kBudget:
      return "budget";
    case AgentEnd::kNoTargets:
      return "no_targets";
    case AgentEnd::kFailures:
      return "failures";
    case AgentEnd::kIdentitiesLost:
      return "identities_lost";
    case AgentEnd::kNoScale:
      return "no_scale";
    case AgentEnd::kTimeout:
      return "timeout";
    case AgentEnd::kInterrupted:
      return "interrupted";
    case AgentEnd::kDaemonLost:
      return "daemon_lost";
  }
  return "";
}

void AgentPlan::Stop(AgentEnd why) {
  if (end_ == AgentEnd::kRunning) end_ = why;
}

std::vector<std::string> AgentPlan::TakeNotes() { return std::exchange(notes_, {}); }

void AgentPlan::OnUpdate(const v1::WatchTargetsResponse& update) {
  ++updates_;
  newest_ = update;
  if (update.frame().pixel_size_nm() <= 0) return Stop(AgentEnd::kNoScale);
  if (update.identities_lost() && !exposed_.empty()) return Stop(AgentEnd::kIdentitiesLost);
  FollowExposed(update);
  NoteWithdrawals(update);
  RecogniseHops(update);
  for (const v1::Target& target : update.targets()) known_.insert(target.id());
  if (Choose()) last_choice_ = updates_;
  JudgeEnd();
}

// Keeps the places of exposed sites in the newest frame.
void AgentPlan::FollowExposed(const v1::WatchTargetsResponse& update) {
  // All targets drift alike; without any there is nothing to compare with either.
  const auto frames = static_cast<double>(1 + update.frames_skipped());
  const double drift_x = update.targets().empty() ? 0 : frames * update.targets(0).drift_x_px();
  const double drift_y = update.targets().empty() ? 0 : frames * update.targets(0).drift_y_px();
  for (auto& [id, site] : exposed_) {
    site.x_px += drift_x;
    site.y_px += drift_y;
  }
  for (const v1::Target& target : update.targets()) {
    if (target.dose_s() > 0) Expose(target.id(), /*ours=*/false);
    const auto site = exposed_.find(target.id());
    if (site == exposed_.end()) continue;
    site->second.x_px = target.x_px();
    site->second.y_px = target.y_px();
  }
}

void AgentPlan::NoteWithdrawals(const v1::WatchTargetsResponse& update) {
  for (const v1::Withdrawal& withdrawal : update.withdrawn()) {
    const auto site = exposed_.find(withdrawal.id());
    if (site == exposed_.end()) continue;
    site->second.withdrawn = updates_;
    const v1::WithdrawalReason reason = withdrawal.reason();
    const bool changed = reason == v1::WITHDRAWAL_REASON_VANISHED ||
                         reason == v1::WITHDRAWAL_REASON_MOVED ||
                         reason == v1::WITHDRAWAL_REASON_NO_LONGER_MEETS;
    if (!changed || !site->second.ours || site->second.changed) continue;
    site->second.changed = true;
    ++account_.changed;
    ++account_.changes[WithdrawalReasonName(reason)];
    notes_.push_back(
        absl::StrCat("target ", withdrawal.id(), " changed: ", WithdrawalReasonName(reason)));
  }
}

// A dopant that hopped is a new target at a neighbouring site. It had its visit.
void AgentPlan::RecogniseHops(const v1::WatchTargetsResponse& update) {
  const double radius_px = options_.same_atom_nm / update.frame().pixel_size_nm();
  for (const v1::Target& target : update.targets()) {
    if (known_.count(target.id()) > 0 || exposed_.count(target.id()) > 0) continue;
    for (const auto& [id, site] : exposed_) {
      if (site.withdrawn && *site.withdrawn + kRememberWithdrawn < updates_) continue;
      if (std::hypot(site.x_px - target.x_px(), site.y_px - target.y_px()) > radius_px) continue;
      left_out_.insert(target.id());
      ++account_.hops_recognised;
      notes_.push_back(absl::StrCat("target ", target.id(), " is the atom of target ", id,
                                    " after a hop: left out"));
      break;
    }
  }
}

bool AgentPlan::BudgetSpent() const {
  // A billionth of the dwell for rounding.
  return daemon_budget_spent_ ||
         account_.dose_s + options_.dwell_s * (1 - 1e-9) > options_.budget_s;
}

void AgentPlan::JudgeEnd() {
  if (end_ != AgentEnd::kRunning) return;
  if (account_.failed > options_.max_failures) return Stop(AgentEnd::kFailures);
  const bool goal = account_.visited >= options_.sites;
  if (goal || BudgetSpent()) {
    const bool settled = updates_ - last_visit_ >= options_.settle_frames;
    if (settled || account_.changed == account_.visited) {
      Stop(goal ? AgentEnd::kGoal : AgentEnd::kBudget);
    }
    return;
  }
  if (updates_ - last_choice_ >= options_.idle_frames) Stop(AgentEnd::kNoTargets);
}

bool AgentPlan::MayVisit(const v1::Target& target) const {
  if (exposed_.count(target.id()) > 0 || left_out_.count(target.id()) > 0) return false;
  if (target.frames_doubtful() > 0 || target.frames_sure() < options_.min_frames_sure) return false;
  const auto wait = not_before_.find(target.id());
  return wait == not_before_.end() || updates_ >= wait->second;
}

std::optional<int64_t> AgentPlan::Choose() const {
  if (end_ != AgentEnd::kRunning || account_.visited >= options_.sites || BudgetSpent()) {
    return std::nullopt;
  }
  if (account_.failed > options_.max_failures || !newest_.error().empty()) return std::nullopt;
  for (const v1::Target& target : newest_.targets()) {  // in the order asked for
    if (MayVisit(target)) return target.id();
  }
  return std::nullopt;
}

void AgentPlan::Expose(int64_t target, bool ours) {
  const auto [site, is_new] = exposed_.try_emplace(target);
  if (is_new) site->second.ours = ours;
  if (!is_new) return;
  for (const v1::Target& t : newest_.targets()) {
    if (t.id() != target) continue;
    site->second.x_px = t.x_px();
    site->second.y_px = t.y_px();
  }
}

void AgentPlan::OnVisit(int64_t target, const absl::StatusOr<v1::Visit>& visit) {
  last_visit_ = updates_;
  if (visit.ok()) {
    account_.dose_s += visit->dose_s();
    if (visit->exposed()) Expose(target, /*ours=*/true);
    if (visit->outcome() == v1::VISIT_OUTCOME_COMPLETED) {
      ++account_.visited;
    } else {
      ++account_.failed;
      not_before_[target] = updates_ + kTryAgain;
    }
    notes_.push_back(absl::StrCat("visited target ", target, ": ",
                                  VisitOutcomeName(visit->outcome()), ", ", visit->dose_s(), " s"));
    return;
  }
  notes_.push_back(absl::StrCat("target ", target, ": ",
                                absl::StatusCodeToString(visit.status().code()), ": ",
                                visit.status().message()));
  not_before_[target] = updates_ + kTryAgain;
  switch (visit.status().code()) {
    case absl::StatusCode::kAlreadyExists:  // somebody was there
      left_out_.insert(target);
      ++account_.refused;
      return;
    case absl::StatusCode::kFailedPrecondition:  // withdrawn or doubtful meanwhile
    case absl::StatusCode::kAborted:             // somebody is there
    case absl::StatusCode::kNotFound:            // withdrawn long ago
      ++account_.refused;
      return;
    case absl::StatusCode::kResourceExhausted:
      daemon_budget_spent_ = true;
      ++account_.refused;
      return;
    case absl::StatusCode::kInvalidArgument:  // will not mend
    case absl::StatusCode::kUnimplemented:
      ++account_.failed;
      return Stop(AgentEnd::kFailures);
    default:
      // Nobody knows whether the beam was on, so the site counts as exposed, and the dose as spent.
      ++account_.failed;
      account_.dose_s += options_.dwell_s;
      Expose(target, /*ours=*/true);
      return;
  }
}

}  // namespace atomstream
