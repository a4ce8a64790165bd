#include "core/target/visit_ledger.h"

#include <cassert>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

template <typename Value>
absl::Status Bad(absl::string_view field, const Value& value, absl::string_view must) {
  return absl::InvalidArgumentError(absl::StrCat(field, " = ", value, ": ", must));
}

bool IsPositive(double value) { return value > 0 && std::isfinite(value); }

}  // namespace

absl::string_view VisitOutcomeName(VisitOutcome outcome) {
  switch (outcome) {
    case VisitOutcome::kCompleted:
      return "completed";
    case VisitOutcome::kFailed:
      return "failed";
    case VisitOutcome::kAbandoned:
      return "abandoned";
    case VisitOutcome::kExpired:
      return "expired";
    case VisitOutcome::kCancelled:
      return "cancelled";
    case VisitOutcome::kWithdrawn:
      return "withdrawn";
    case VisitOutcome::kEpochChanged:
      return "epoch changed";
    case VisitOutcome::kShutdown:
      return "shutdown";
  }
  return "unknown";
}

absl::Status ValidateLedgerOptions(const LedgerOptions& o) {
  if (!IsPositive(o.max_site_dose)) {
    return Bad("ledger.max_site_dose", o.max_site_dose, "must be positive");
  }
  if (!IsPositive(o.max_total_dose)) {
    return Bad("ledger.max_total_dose", o.max_total_dose, "must be positive");
  }
  if (o.max_dwell <= absl::ZeroDuration() || o.max_dwell > absl::Hours(1)) {
    return Bad("ledger.max_dwell", absl::FormatDuration(o.max_dwell), "must be in (0, 1h]");
  }
  if (o.max_lease < o.max_dwell || o.max_lease > absl::Hours(24)) {
    return Bad("ledger.max_lease", absl::FormatDuration(o.max_lease),
               "must be in [max_dwell, 24h]");
  }
  if (o.max_leases < 1) return Bad("ledger.max_leases", o.max_leases, "must be at least 1");
  if (o.max_visited_sites < 1) {
    return Bad("ledger.max_visited_sites", o.max_visited_sites, "must be at least 1");
  }
  if (o.max_listed_visits < 1) {
    return Bad("ledger.max_listed_visits", o.max_listed_visits, "must be at least 1");
  }
  return absl::OkStatus();
}

VisitLease::VisitLease(VisitLease&& other) noexcept
    : ledger_(std::exchange(other.ledger_, nullptr)), id_(other.id_) {}

VisitLease& VisitLease::operator=(VisitLease&& other) noexcept {
  if (this == &other) return *this;
  if (ledger_ != nullptr) ledger_->Abandon(id_);
  ledger_ = std::exchange(other.ledger_, nullptr);
  id_ = other.id_;
  return *this;
}

VisitLease::~VisitLease() {
  if (ledger_ != nullptr) ledger_->Abandon(id_);
}

absl::Status VisitLease::Expose(double x_fraction, double y_fraction) {
  if (ledger_ == nullptr) return absl::FailedPreconditionError("the lease was finished");
  return ledger_->Expose(id_, x_fraction, y_fraction);
}

absl::Status VisitLease::Finish(VisitOutcome outcome, double dose, absl::string_view note) {
  if (ledger_ == nullptr) return absl::FailedPreconditionError("the lease was finished");
  // Refused, the lease is still the holder's.
  if (!(dose >= 0 && std::isfinite(dose))) return Bad("dose", dose, "must be finite and >= 0");
  return std::exchange(ledger_, nullptr)->Finish(id_, outcome, dose, note);
}

VisitLedger::~VisitLedger() { assert(leases_.empty() && "leases must end before the ledger"); }

absl::Status VisitLedger::CheckRequest(const LeaseRequest& r) const {
  if (r.site <= 0) return Bad("site", r.site, "must be positive");
  if (r.holder.empty()) return absl::InvalidArgumentError("holder is empty");
  if (!IsPositive(r.dose)) return Bad("dose", r.dose, "must be positive and finite");
  if (r.dwell <= absl::ZeroDuration() || r.dwell > options_.max_dwell) {
    return Bad("dwell", absl::FormatDuration(r.dwell),
               absl::StrCat("must be in (0, ", absl::FormatDuration(options_.max_dwell), "]"));
  }
  if (r.lease < r.dwell || r.lease > options_.max_lease) {
    return Bad("lease", absl::FormatDuration(r.lease),
               absl::StrCat("must be in [dwell = ", absl::FormatDuration(r.dwell), ", ",
                            absl::FormatDuration(options_.max_lease), "]"));
  }
  return absl::OkStatus();
}

absl::Status VisitLedger::CheckFree(const LeaseRequest& r) const {
  if (closed_) return absl::UnavailableError("no visits any more: shutting down");
  if (r.epoch != epoch_) {
    return absl::FailedPreconditionError(
        absl::StrCat("epoch = ", r.epoch, ": the epoch now is ", epoch_));
  }
  for (const auto& [id, lease] : leases_) {
    if (lease.request.site != r.site || lease.request.epoch != r.epoch) continue;
    return absl::AbortedError(absl::StrCat(
        "site ", r.site, " is held by ", lease.request.holder, ", for ",
        absl::FormatDuration(absl::Ceil(lease.expires - steady_.Now(), absl::Seconds(1))),
        " at most"));
  }
  const auto record = sites_.find(r.site);
  if (record != sites_.end() && !r.allow_revisit) {
    return absl::AlreadyExistsError(absl::StrCat("site ", r.site, " was visited before, dose ",
                                                 record->second, "; allow_revisit is not set"));
  }
  return absl::OkStatus();
}

absl::Status VisitLedger::CheckBudget(const LeaseRequest& r) const {
  if (static_cast<int>(leases_.size()) >= options_.max_leases) {
    return absl::ResourceExhaustedError(
        absl::StrCat("ledger.max_leases = ", options_.max_leases, " leases are out"));
  }
  const auto record = sites_.find(r.site);
  if (record == sites_.end() && static_cast<int>(sites_.size()) >= options_.max_visited_sites) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "ledger.max_visited_sites = ", options_.max_visited_sites, " sites were visited"));
  }
  const double got = record == sites_.end() ? 0 : record->second;
  if (got + r.dose > options_.max_site_dose) {
    return absl::ResourceExhaustedError(
        absl::StrCat("dose = ", r.dose, ": site ", r.site, " got ", got,
                     " of ledger.max_site_dose = ", options_.max_site_dose));
  }
  const double reserved = Reserved();
  if (totals_.dose + reserved + r.dose > options_.max_total_dose) {
    return absl::ResourceExhaustedError(
        absl::StrCat("dose = ", r.dose, ": ", totals_.dose, " of ledger.max_total_dose = ",
                     options_.max_total_dose, " is spent and ", reserved, " reserved"));
  }
  return absl::OkStatus();
}

absl::Status VisitLedger::CheckLowered(const LeaseRequest& r) const {
  if (r.dwell > options_.max_dwell) {
    return Bad("dwell", absl::FormatDuration(r.dwell),
               absl::StrCat("may be ", absl::FormatDuration(options_.max_dwell), " by now"));
  }
  const auto record = sites_.find(r.site);
  const double got = record == sites_.end() ? 0 : record->second;
  if (got + r.dose > options_.max_site_dose) {
    return absl::ResourceExhaustedError(
        absl::StrCat("dose = ", r.dose, ": site ", r.site, " got ", got,
                     " of ledger.max_site_dose = ", options_.max_site_dose, " by now"));
  }
  double spent = totals_.dose;
  for (const auto& [id, lease] : leases_) spent += lease.exposed ? lease.request.dose : 0;
  if (spent + r.dose > options_.max_total_dose) {
    return absl::ResourceExhaustedError(
        absl::StrCat("dose = ", r.dose, ": ", spent,
                     " of ledger.max_total_dose = ", options_.max_total_dose, " is spent by now"));
  }
  return absl::OkStatus();
}

// Summed anew each time: adding and subtracting would let rounding errors grow.
double VisitLedger::Reserved() const {
  double reserved = 0;
  for (const auto& [id, lease] : leases_) reserved += lease.request.dose;
  return reserved;
}

void VisitLedger::SetOptions(const LedgerOptions& options) {
  MutexLock lock(&mutex_);
  options_ = options;
}

absl::StatusOr<VisitLease> VisitLedger::Acquire(const LeaseRequest& request) {
  MutexLock lock(&mutex_);
  RETURN_IF_ERROR(CheckRequest(request));
  Expire();
  RETURN_IF_ERROR(CheckFree(request));
  RETURN_IF_ERROR(CheckBudget(request));
  Lease lease;
  lease.request = request;
  lease.leased = system_.Now();
  lease.expires = steady_.Now() + request.lease;
  leases_.emplace(++last_lease_, std::move(lease));
  return VisitLease(this, last_lease_);
}

void VisitLedger::Expire() {
  const absl::Time now = steady_.Now();
  std::vector<int64_t> expired;
  for (const auto& [id, lease] : leases_) {
    if (lease.expires <= now) expired.push_back(id);
  }
  for (const int64_t id : expired) {
    const Lease& lease = leases_.at(id);
    End(id, lease.settled ? lease.outcome : VisitOutcome::kExpired,
        lease.exposed ? lease.request.dose : 0, "the holder did not report");
  }
}

void VisitLedger::CancelLease(int64_t id, VisitOutcome outcome) {
  Lease& lease = leases_.at(id);
  if (!lease.exposed) {
    End(id, outcome, 0, "");
  } else if (!lease.settled) {
    lease.settled = true;
    lease.outcome = outcome;
  }
}

template <typename Wanted>
void VisitLedger::CancelWhere(const Wanted& wanted, VisitOutcome outcome) {
  std::vector<int64_t> ids;
  for (const auto& [id, lease] : leases_) {
    if (wanted(lease.request)) ids.push_back(id);
  }
  for (const int64_t id : ids) CancelLease(id, outcome);
}

void VisitLedger::StartEpoch(absl::string_view epoch) {
  MutexLock lock(&mutex_);
  Expire();
  if (epoch == epoch_) return;
  CancelWhere([](const LeaseRequest&) { return true; }, VisitOutcome::kEpochChanged);
  epoch_ = std::string(epoch);
  sites_.clear();
}

void VisitLedger::Cancel(int64_t site, VisitOutcome outcome) {
  MutexLock lock(&mutex_);
  Expire();
  const std::string epoch = epoch_;  // the analysis does not see into the lambda
  CancelWhere([&](const LeaseRequest& r) { return r.site == site && r.epoch == epoch; }, outcome);
}

void VisitLedger::CancelHolder(absl::string_view holder, VisitOutcome outcome) {
  MutexLock lock(&mutex_);
  Expire();
  CancelWhere([&](const LeaseRequest& r) { return r.holder == holder; }, outcome);
}

void VisitLedger::Close() {
  MutexLock lock(&mutex_);
  Expire();
  closed_ = true;
  CancelWhere([](const LeaseRequest&) { return true; }, VisitOutcome::kShutdown);
}

void VisitLedger::Charge(const LeaseRequest& request, double dose) {
  totals_.dose += dose;
  if (request.epoch == epoch_) sites_[request.site] += dose;
}

void VisitLedger::End(int64_t id, VisitOutcome outcome, double dose, absl::string_view note) {
  const auto found = leases_.find(id);
  const Lease& lease = found->second;
  Visit visit;
  visit.number = ++totals_.visits;
  visit.epoch = lease.request.epoch;
  visit.site = lease.request.site;
  visit.holder = lease.request.holder;
  visit.leased = lease.leased;
  visit.ended = system_.Now();
  visit.exposed = lease.exposed;
  visit.planned_dose = lease.request.dose;
  visit.dose = dose;
  visit.outcome = outcome;
  visit.note = std::string(note);
  visit.x_fraction = lease.x_fraction;
  visit.y_fraction = lease.y_fraction;
  if (lease.exposed) ++totals_.exposures;
  if (dose > lease.request.dose) ++totals_.overruns;
  if (dose > 0) Charge(lease.request, dose);
  visits_.emplace_back(id, std::move(visit));
  if (static_cast<int>(visits_.size()) > options_.max_listed_visits) {
    visits_.pop_front();
    ++totals_.dropped;
  }
  leases_.erase(found);
}

absl::Status VisitLedger::Expose(int64_t id, double x_fraction, double y_fraction) {
  MutexLock lock(&mutex_);
  Expire();
  const auto found = leases_.find(id);
  if (found == leases_.end()) {
    return absl::FailedPreconditionError("the lease expired or was cancelled");
  }
  Lease& lease = found->second;
  if (lease.exposed) return absl::FailedPreconditionError("the lease was exposed before");
  const absl::Duration left = lease.expires - steady_.Now();
  if (lease.request.dwell > left) {
    return absl::DeadlineExceededError(
        absl::StrCat("dwell = ", absl::FormatDuration(lease.request.dwell), ": only ",
                     absl::FormatDuration(left), " of the lease is left"));
  }
  RETURN_IF_ERROR(CheckLowered(lease.request));
  lease.exposed = true;
  lease.x_fraction = x_fraction;
  lease.y_fraction = y_fraction;
  return absl::OkStatus();
}

absl::Status VisitLedger::Finish(int64_t id, VisitOutcome outcome, double dose,
                                 absl::string_view note) {
  MutexLock lock(&mutex_);
  Expire();
  const auto found = leases_.find(id);
  if (found != leases_.end()) {
    const Lease& lease = found->second;
    // A dose without an exposure is the holder's mistake; the specimen got it all the same.
    if (dose > 0) found->second.exposed = true;
    // A visit that was cancelled while the beam was on may have been completed all the same.
    const bool settled = lease.settled && outcome != VisitOutcome::kCompleted;
    End(id, settled ? lease.outcome : outcome, dose, note);
    return absl::OkStatus();
  }
  for (auto it = visits_.rbegin(); it != visits_.rend(); ++it) {
    if (it->first != id) continue;
    Visit& visit = it->second;
    if (dose > visit.dose) {
      LeaseRequest request;
      request.epoch = visit.epoch;
      request.site = visit.site;
      Charge(request, dose - visit.dose);
      if (!visit.exposed) ++totals_.exposures;
      visit.exposed = true;
      if (dose > visit.planned_dose) ++totals_.overruns;
      visit.dose = dose;
    }
    return absl::DeadlineExceededError(
        absl::StrCat("the lease had ended: ", VisitOutcomeName(visit.outcome)));
  }
  // Its entry is no longer listed. It was charged as planned if it was exposed.
  return absl::DeadlineExceededError("the lease had ended long ago");
}

void VisitLedger::Abandon(int64_t id) {
  MutexLock lock(&mutex_);
  Expire();
  const auto found = leases_.find(id);
  if (found == leases_.end()) return;
  const Lease& lease = found->second;
  End(id, lease.settled ? lease.outcome : VisitOutcome::kAbandoned,
      lease.exposed ? lease.request.dose : 0, lease.exposed ? "no dose was reported" : "");
}

double VisitLedger::SiteDose(int64_t site) const {
  MutexLock lock(&mutex_);
  const auto found = sites_.find(site);
  return found == sites_.end() ? 0 : found->second;
}

LedgerTotals VisitLedger::Totals() const {
  MutexLock lock(&mutex_);
  LedgerTotals totals = totals_;
  totals.reserved = Reserved();
  totals.leases = static_cast<int>(leases_.size());
  return totals;
}

std::vector<Visit> VisitLedger::ListVisits(int64_t after, int max_count) const {
  MutexLock lock(&mutex_);
  std::vector<Visit> listed;
  for (const auto& [id, visit] : visits_) {
    if (static_cast<int>(listed.size()) >= max_count) break;
    if (visit.number > after) listed.push_back(visit);
  }
  return listed;
}

std::optional<Visit> VisitLedger::FindVisit(int64_t lease_id) const {
  MutexLock lock(&mutex_);
  for (auto it = visits_.rbegin(); it != visits_.rend(); ++it) {
    if (it->first == lease_id) return it->second;
  }
  return std::nullopt;
}

}  // namespace atomstream
