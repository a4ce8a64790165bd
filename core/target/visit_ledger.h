// VisitLedger: who may put the beam on which site, and how much dose each site and the specimen
// got.
//
// A visit needs a lease: one holder a site, for a bounded time, with its dose reserved in the
// site's and the total budget. A lease that was not exposed costs nothing. Once the beam may have
// been on, the dose is charged whatever happens next: what the holder reports, or, if nobody
// reports, all that was planned. Every lease ends in exactly one entry of the list of visits.
//
// One per run, shared by all agents; thread-safe. Leases must end before the ledger does. Time
// limits go by the steady clock, entries are dated by the system clock. Invariants: at any time at
// most one lease on a site; charged + reserved dose never exceeds a budget, unless a holder reports
// more than it planned (counted), or the budget was lowered since; nothing is leased or exposed
// after that.
#ifndef ATOMSTREAM_CORE_TARGET_VISIT_LEDGER_H_
#define ATOMSTREAM_CORE_TARGET_VISIT_LEDGER_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"

namespace atomstream {

struct LedgerOptions {
  // In whatever unit visits are planned in: electrons, or seconds of beam if the current is
  // unknown.
  double max_site_dose = 0;   // > 0
  double max_total_dose = 0;  // > 0
  absl::Duration max_dwell = absl::Seconds(10);
  absl::Duration max_lease = absl::Minutes(1);
  int max_leases = 256;             // at a time, of all holders
  int max_visited_sites = 100'000;  // of one epoch
  int max_listed_visits = 10'000;   // older entries are dropped and counted
};

absl::Status ValidateLedgerOptions(const LedgerOptions& options);

enum class VisitOutcome {
  kCompleted,
  kFailed,     // the microscope refused or failed
  kAbandoned,  // the holder let the lease go
  kExpired,    // the holder did not come back in time
  kCancelled,  // the holder's client went away or cancelled
  kWithdrawn,  // the target was withdrawn
  kEpochChanged,
  kShutdown,
};
absl::string_view VisitOutcomeName(VisitOutcome outcome);  // "completed", …

struct LeaseRequest {
  std::string epoch;
  int64_t site = 0;  // id of a TrackedSite
  std::string holder;
  double dose = 0;             // planned, > 0
  absl::Duration dwell;        // > 0
  absl::Duration lease;        // [dwell, max_lease]
  bool allow_revisit = false;  // even if the beam was on the site before
};

struct Visit {
  int64_t number = 0;  // 1, 2, 3, … in the order in which leases ended
  std::string epoch;
  int64_t site = 0;
  std::string holder;
  absl::Time leased;
  absl::Time ended;
  bool exposed = false;
  double planned_dose = 0;
  double dose = 0;  // charged
  VisitOutcome outcome = VisitOutcome::kAbandoned;
  std::string note;
  // Where the beam was put, as a fraction of the scan; 0 if it was not exposed.
  double x_fraction = 0;
  double y_fraction = 0;
};

struct LedgerTotals {
  double dose = 0;      // charged, since the ledger exists
  double reserved = 0;  // by live leases
  int leases = 0;
  int64_t visits = 0;     // ended leases
  int64_t exposures = 0;  // of these, those with the beam on
  int64_t overruns = 0;   // more dose reported than planned
  int64_t dropped = 0;    // entries no longer listed
};

class VisitLedger;

// A lease in a holder's hands. Ends when it is finished or, as kAbandoned, destroyed. One thread at
// a time.
class VisitLease {
 public:
  VisitLease(VisitLease&& other) noexcept;
  VisitLease& operator=(VisitLease&& other) noexcept;
  VisitLease(const VisitLease&) = delete;
  VisitLease& operator=(const VisitLease&) = delete;
  ~VisitLease();

  // Right before the beam is placed. From here on the dose counts. DeadlineExceeded: the dwell time
  // does not fit into what is left of the lease; FailedPrecondition: it ended, was cancelled or was
  // exposed before; InvalidArgument, ResourceExhausted: the limits were lowered since, as
  // Acquire's. The beam must stay blanked then. The place is for the list of visits.
  absl::Status Expose(double x_fraction = 0, double y_fraction = 0);

  // Ends the lease. `dose`: what the site got, >= 0 and finite; 0 unless exposed. DeadlineExceeded:
  // it had ended already and the entry stands; but a dose above the one charged is charged still.
  absl::Status Finish(VisitOutcome outcome, double dose, absl::string_view note = "");

  int64_t id() const { return id_; }  // for VisitLedger::FindVisit, also when it is finished

 private:
  friend class VisitLedger;
  VisitLease(VisitLedger* ledger, int64_t id) : ledger_(ledger), id_(id) {}

  VisitLedger* ledger_;  // null: finished or moved from
  int64_t id_;
};

class VisitLedger {
 public:
  // Options must be valid; the clocks must outlive the ledger.
  VisitLedger(const LedgerOptions& options, const Clock& steady, const Clock& system)
      : steady_(steady), system_(system), options_(options) {}
  ~VisitLedger();

  // Valid ones, from now on. A lease stays as it was given; but before its beam is placed the new
  // limits count, too, so that lowering them stops what waits. What is exposed goes on as planned.
  void SetOptions(const LedgerOptions& options);

  // InvalidArgument: names the field. FailedPrecondition: another epoch. Aborted: somebody holds
  // the site. AlreadyExists: it was visited. ResourceExhausted: a budget or a bound, by name.
  // Unavailable: closed.
  absl::StatusOr<VisitLease> Acquire(const LeaseRequest& request);

  // Begins an epoch: leases of the old one are cancelled, doses of its sites forgotten (their ids
  // mean nothing any more); the total stays.
  void StartEpoch(absl::string_view epoch);
  // Ends the site's lease, if there is one. One whose beam is on stays held until its holder
  // finishes it or it expires, so that nobody else comes meanwhile; its outcome is settled.
  void Cancel(int64_t site, VisitOutcome outcome);
  // The same for all leases of one holder, and for all there are.
  void CancelHolder(absl::string_view holder, VisitOutcome outcome);
  void Close();  // as kShutdown; no lease is given after that

  double SiteDose(int64_t site) const;
  LedgerTotals Totals() const;
  // Entries with numbers above `after`, oldest first, at most `max_count`.
  std::vector<Visit> ListVisits(int64_t after, int max_count) const;
  // The entry of a lease that ended; nullopt: it has not, or is not listed any more.
  std::optional<Visit> FindVisit(int64_t lease_id) const;

 private:
  friend class VisitLease;
  struct Lease {
    LeaseRequest request;
    absl::Time leased;   // system
    absl::Time expires;  // steady
    bool exposed = false;
    double x_fraction = 0, y_fraction = 0;            // if exposed
    bool settled = false;                             // cancelled while exposed
    VisitOutcome outcome = VisitOutcome::kAbandoned;  // if settled
  };

  absl::Status CheckRequest(const LeaseRequest& request) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckFree(const LeaseRequest& request) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckBudget(const LeaseRequest& request) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Of one that holds a lease: whether it would still get it.
  absl::Status CheckLowered(const LeaseRequest& request) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Expire() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CancelLease(int64_t id, VisitOutcome outcome) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  template <typename Wanted>
  void CancelWhere(const Wanted& wanted, VisitOutcome outcome)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Charge(const LeaseRequest& request, double dose) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Charges, lists and forgets the lease.
  void End(int64_t id, VisitOutcome outcome, double dose, absl::string_view note)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  double Reserved() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Status Expose(int64_t id, double x_fraction, double y_fraction);
  absl::Status Finish(int64_t id, VisitOutcome outcome, double dose, absl::string_view note);
  void Abandon(int64_t id);

  const Clock& steady_;
  const Clock& system_;
  mutable Mutex mutex_;
  LedgerOptions options_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::string epoch_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, Lease> leases_ ABSL_GUARDED_BY(mutex_);               // by lease id
  std::map<int64_t, double> sites_ ABSL_GUARDED_BY(mutex_);               // dose > 0, of this epoch
  std::deque<std::pair<int64_t, Visit>> visits_ ABSL_GUARDED_BY(mutex_);  // with their lease's id
  LedgerTotals totals_ ABSL_GUARDED_BY(mutex_);
  int64_t last_lease_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_TARGET_VISIT_LEDGER_H_
