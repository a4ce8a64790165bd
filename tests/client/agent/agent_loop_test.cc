// AgentLoop against a scripted daemon: no connections, no waiting.
#include "client/agent/agent_loop.h"

#include <unistd.h>

#include <csignal>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/fakes/fake_clock.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;

// Plays updates; a visit is answered by a script or completes. A call without an answer blocks
// until it is cancelled.
class ScriptedDaemon final : public TargetingClient {
 public:
  std::deque<v1::WatchTargetsResponse> updates;
  absl::Status after_updates = absl::UnavailableError("shutting down");
  bool visits_hang = false;
  int64_t held = 0;  // a target that somebody else holds
  std::function<void()> on_visit;
  std::vector<v1::VisitTargetRequest> visits;
  v1::WatchTargetsRequest watched;

  std::unique_ptr<TargetWatch> WatchTargets(const v1::WatchTargetsRequest& request) override {
    watched = request;
    return std::make_unique<Watch>(this);
  }
  std::unique_ptr<VisitCall> VisitTarget(const v1::VisitTargetRequest& request,
                                         absl::Duration) override {
    visits.push_back(request);
    return std::make_unique<Call>(this, request);
  }
  absl::StatusOr<v1::SelectTargetsResponse> SelectTargets(const v1::SelectTargetsRequest&,
                                                          absl::Duration) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<v1::ListVisitsResponse> ListVisits(const v1::ListVisitsRequest&,
                                                    absl::Duration) override {
    return absl::UnimplementedError("");
  }

 private:
  class Watch final : public TargetWatch {
   public:
    explicit Watch(ScriptedDaemon* daemon) : daemon_(*daemon) {}
    absl::StatusOr<std::optional<v1::WatchTargetsResponse>> NextWithin(absl::Duration) override {
      if (cancelled_.Is()) return absl::CancelledError("");
      if (daemon_.updates.empty()) {
        if (!daemon_.after_updates.ok()) return daemon_.after_updates;
        cancelled_.Await();
        return absl::CancelledError("");
      }
      v1::WatchTargetsResponse update = daemon_.updates.front();
      daemon_.updates.pop_front();
      return update;
    }
    void Cancel() override { cancelled_.Set(); }

   private:
    struct Flag {
      Mutex mutex;
      CondVar changed;
      bool set = false;
      void Set() {
        MutexLock lock(&mutex);
        set = true;
        changed.NotifyAll();
      }
      bool Is() {
        MutexLock lock(&mutex);
        return set;
      }
      void Await() {
        MutexLock lock(&mutex);
        while (!set) changed.Wait(&mutex);
      }
    };
    friend class ScriptedDaemon;
    ScriptedDaemon& daemon_;
    Flag cancelled_;
  };

  class Call final : public VisitCall {
   public:
    Call(ScriptedDaemon* daemon, const v1::VisitTargetRequest& request)
        : daemon_(*daemon), request_(request) {}
    absl::StatusOr<v1::Visit> Wait() override {
      if (daemon_.on_visit) daemon_.on_visit();
      if (request_.target_id() == daemon_.held) return absl::AbortedError("held");
      if (daemon_.visits_hang) {
        cancelled_.Await();
        return absl::CancelledError("cancelled");
      }
      v1::Visit visit;
      visit.set_target_id(request_.target_id());
      visit.set_outcome(v1::VISIT_OUTCOME_COMPLETED);
      visit.set_exposed(true);
      visit.set_dose_s(0.25);
      return visit;
    }
    void Cancel() override { cancelled_.Set(); }

   private:
    ScriptedDaemon& daemon_;
    const v1::VisitTargetRequest request_;
    Watch::Flag cancelled_;
  };
};

v1::WatchTargetsResponse FrameWith(std::vector<int64_t> ids) {
  v1::WatchTargetsResponse update;
  update.set_selection_id("s");
  update.mutable_frame()->set_pixel_size_nm(0.02);
  update.mutable_frame()->mutable_position()->set_epoch("e");
  for (const int64_t id : ids) {
    v1::Target& target = *update.add_targets();
    target.set_id(id);
    target.set_x_px(100.0 * static_cast<double>(id));
    target.set_frames_sure(5);
  }
  return update;
}

class AgentLoopTest : public ::testing::Test {
 protected:
  AgentLoopTest() {
    plan_options_.sites = 2;
    plan_options_.dwell_s = 0.25;
    plan_options_.settle_frames = 1;
    options_.dwell = absl::Milliseconds(250);
    options_.holder = "me";
    options_.min_frames_sure = 3;
    options_.criteria.set_max_count(7);
  }

  absl::Status Run(AgentPlan& plan) {
    AgentLoop loop(options_, &daemon_, &interrupter_, &clock_, &plan,
                   [this](const std::string& note) { notes_.push_back(note); });
    return loop.Run();
  }

  ScriptedDaemon daemon_;
  Interrupter interrupter_{absl::InfiniteDuration()};
  FakeClock clock_;
  AgentPlanOptions plan_options_;
  AgentLoopOptions options_;
  std::vector<std::string> notes_;
};

TEST_F(AgentLoopTest, VisitsWhatThePlanChoosesUntilItsEnd) {
  for (int i = 0; i < 5; ++i) daemon_.updates.push_back(FrameWith({3, 4, 5}));
  AgentPlan plan(plan_options_);
  EXPECT_TRUE(Run(plan).ok());
  EXPECT_EQ(plan.end(), AgentEnd::kGoal);
  EXPECT_EQ(daemon_.watched.criteria().max_count(), 7);
  ASSERT_EQ(daemon_.visits.size(), 2u);
  const v1::VisitTargetRequest& first = daemon_.visits[0];
  EXPECT_EQ(first.selection_id(), "s");
  EXPECT_EQ(first.epoch(), "e");
  EXPECT_EQ(first.target_id(), 3);
  EXPECT_EQ(first.holder(), "me");
  EXPECT_EQ(first.min_frames_sure(), 3);
  EXPECT_EQ(first.dwell_time().seconds(), 0);
  EXPECT_EQ(first.dwell_time().nanos(), 250000000);
  EXPECT_EQ(daemon_.visits[1].target_id(), 4);
  EXPECT_THAT(notes_, ElementsAre("visited target 3: completed, 0.25 s",
                                  "visited target 4: completed, 0.25 s"));
}

TEST_F(AgentLoopTest, TakesTheNextTargetOfTheSameFrameWhereOneIsHeld) {
  daemon_.updates.push_back(FrameWith({3, 4, 5}));
  daemon_.held = 3;
  AgentPlan plan(plan_options_);
  EXPECT_FALSE(Run(plan).ok());  // the script ends
  ASSERT_EQ(daemon_.visits.size(), 2u);
  EXPECT_EQ(daemon_.visits[1].target_id(), 4);
  EXPECT_EQ(plan.account().visited, 1);
  EXPECT_EQ(plan.account().refused, 1);
}

TEST_F(AgentLoopTest, ReturnsWhyTheDaemonIsLost) {
  daemon_.updates.push_back(FrameWith({3}));
  AgentPlan plan(plan_options_);
  const absl::Status lost = Run(plan);
  EXPECT_EQ(lost.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(plan.end(), AgentEnd::kDaemonLost);
  EXPECT_EQ(plan.account().visited, 1);
}

TEST_F(AgentLoopTest, EndsWhenItsTimeIsOver) {
  for (int i = 0; i < 5; ++i) daemon_.updates.push_back(FrameWith({3, 4, 5}));
  options_.max_time = absl::Seconds(10);
  daemon_.on_visit = [this] { clock_.Advance(absl::Seconds(11)); };
  AgentPlan plan(plan_options_);
  EXPECT_TRUE(Run(plan).ok());
  EXPECT_EQ(plan.end(), AgentEnd::kTimeout);
  EXPECT_EQ(daemon_.visits.size(), 1u);
}

TEST_F(AgentLoopTest, ASignalDuringAVisitCancelsItAndEndsTheAgent) {
  daemon_.updates.push_back(FrameWith({3, 4}));
  daemon_.visits_hang = true;
  daemon_.on_visit = [] { kill(getpid(), SIGTERM); };
  AgentPlan plan(plan_options_);
  EXPECT_TRUE(Run(plan).ok());
  EXPECT_EQ(plan.end(), AgentEnd::kInterrupted);
  EXPECT_EQ(daemon_.visits.size(), 1u);
  // Nobody knows how long the beam was on: all that was planned is charged.
  EXPECT_EQ(plan.account().dose_s, 0.25);
}

TEST_F(AgentLoopTest, ASignalWhileItWaitsForAFrameEndsTheAgent) {
  daemon_.after_updates = absl::OkStatus();  // the watch hangs
  kill(getpid(), SIGTERM);
  AgentPlan plan(plan_options_);
  EXPECT_TRUE(Run(plan).ok());
  EXPECT_EQ(plan.end(), AgentEnd::kInterrupted);
}

}  // namespace
}  // namespace atomstream
