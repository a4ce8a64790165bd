// AgentPlan: the decisions of the example agent: which target to visit next, what counts as seen to
// change, and when to stop. Knows nothing of calls and threads: it is told what the daemon said.
//
// Not thread-safe. Invariants: no target is chosen again once the beam was, or may have been, on
// it; neither is one that appears beside an exposed site, because that is the exposed atom after a
// hop; never more dose than the budget.
#ifndef ATOMSTREAM_CLIENT_AGENT_AGENT_PLAN_H_
#define ATOMSTREAM_CLIENT_AGENT_AGENT_PLAN_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "atomstream/v1/targeting.pb.h"

namespace atomstream {

struct AgentPlanOptions {
  int sites = 10;           // the goal: visit this many, each once; >= 1
  double dwell_s = 0.1;     // of each visit, > 0
  double budget_s = 10;     // of all visits together, >= dwell_s
  int min_frames_sure = 2;  // a target must have met the criteria in as many frames in a row
  int settle_frames = 20;   // after the last visit: wait this long for changes to show
  int idle_frames = 100;    // give up after as many frames without a target to visit
  int max_failures = 3;     // visits that may fail
  // A target that appears this near to an exposed site is its atom. Between the distance of
  // neighbours and that of next neighbours: 0.142 and 0.246 nm in graphene.
  double same_atom_nm = 0.2;
};

// InvalidArgument names the option and its value.
absl::Status ValidateAgentPlanOptions(const AgentPlanOptions& options);

enum class AgentEnd {
  kRunning,
  kGoal,            // all sites visited
  kBudget,          // the next visit would exceed the budget, ours or the daemon's
  kNoTargets,       // nothing to visit for idle_frames
  kFailures,        // too many visits failed, or one in a way that will not mend
  kIdentitiesLost,  // nobody can tell any more which sites were visited
  kNoScale,         // frames state no pixel size: same_atom_nm means nothing
  kTimeout,         // these three by Stop
  kInterrupted,
  kDaemonLost,
};
absl::string_view AgentEndName(AgentEnd end);

// What the agent knows of its own doing.
struct AgentAccount {
  int visited = 0;          // the beam was on the target for all of the dwell
  int failed = 0;           // visits that began and ended otherwise, or calls that failed
  int refused = 0;          // the daemon said no: withdrawn meanwhile, held by others, …
  int changed = 0;          // visited targets that were withdrawn afterwards
  int hops_recognised = 0;  // targets that were left out, as an exposed atom that hopped
  double dose_s = 0;        // charged by the ledger
  std::map<std::string, int> changes;  // by the reason of the withdrawal, e.g. "vanished"
};

class AgentPlan {
 public:
  // Options must be valid.
  explicit AgentPlan(const AgentPlanOptions& options) : options_(options) {}

  void OnUpdate(const v1::WatchTargetsResponse& update);
  // The target to visit now; nullopt: none in this frame, or the end.
  std::optional<int64_t> Choose() const;
  void OnVisit(int64_t target, const absl::StatusOr<v1::Visit>& visit);
  void Stop(AgentEnd why);  // no effect after the end

  AgentEnd end() const { return end_; }
  const AgentAccount& account() const { return account_; }
  // What happened since the last call, for people.
  std::vector<std::string> TakeNotes();

 private:
  // A site that the beam was on.
  struct Exposed {
    double x_px = 0, y_px = 0;  // in the newest frame, or where it was last plus drift
    bool ours = false;          // else somebody else's
    bool changed = false;
    std::optional<int64_t> withdrawn;  // at which update
  };

  bool MayVisit(const v1::Target& target) const;
  void FollowExposed(const v1::WatchTargetsResponse& update);
  void NoteWithdrawals(const v1::WatchTargetsResponse& update);
  void RecogniseHops(const v1::WatchTargetsResponse& update);
  void JudgeEnd();
  bool BudgetSpent() const;
  void Expose(int64_t target, bool ours);

  const AgentPlanOptions options_;
  v1::WatchTargetsResponse newest_;
  std::map<int64_t, Exposed> exposed_;     // by target
  std::set<int64_t> known_;                // targets ever seen
  std::set<int64_t> left_out_;             // known, never to be visited
  std::map<int64_t, int64_t> not_before_;  // refused targets: the update from which to try again
  int64_t updates_ = 0;
  int64_t last_visit_ = 0;   // at which update
  int64_t last_choice_ = 0;  // when there was last something to visit
  bool daemon_budget_spent_ = false;
  AgentEnd end_ = AgentEnd::kRunning;
  AgentAccount account_;
  std::vector<std::string> notes_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_AGENT_AGENT_PLAN_H_
