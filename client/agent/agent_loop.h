// AgentLoop: carries out an AgentPlan: watches targets, visits what the plan chooses, tells the
// plan what came of it. Blocking, on the caller's thread; the Interrupter's thread ends its calls.
#ifndef ATOMSTREAM_CLIENT_AGENT_AGENT_LOOP_H_
#define ATOMSTREAM_CLIENT_AGENT_AGENT_LOOP_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "atomstream/v1/targeting.pb.h"
#include "client/agent/agent_plan.h"
#include "client/cli/interrupter.h"
#include "client/cpp/targeting_client.h"
#include "core/base/clock.h"

namespace atomstream {

struct AgentLoopOptions {
  v1::Criteria criteria;
  std::string holder = "agent";
  absl::Duration dwell = absl::Milliseconds(100);
  int min_frames_sure = 2;
  absl::Duration call_timeout = absl::Seconds(10);  // of a visit, beyond its dwell
  absl::Duration max_time = absl::Minutes(2);       // of everything
};

class AgentLoop {
 public:
  using Tell = std::function<void(const std::string& note)>;

  // All outlive the loop. `tell` gets the plan's notes as they come.
  AgentLoop(const AgentLoopOptions& options, TargetingClient* client, Interrupter* interrupter,
            const Clock* clock, AgentPlan* plan, Tell tell);

  // Returns when the plan has come to its end. OK: for whatever reason the plan gives; else why the
  // daemon could not be watched any more, which ends the plan, too.
  absl::Status Run();

 private:
  // Stops the plan if there is a reason that it cannot know of.
  void JudgeTime();
  // True: the daemon refused.
  bool Visit(const v1::WatchTargetsResponse& update, int64_t target);
  void TellNotes();

  const AgentLoopOptions options_;
  TargetingClient& client_;
  Interrupter& interrupter_;
  const Clock& clock_;
  AgentPlan& plan_;
  const Tell tell_;
  absl::Time started_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_AGENT_AGENT_LOOP_H_
