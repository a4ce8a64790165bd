// DeskFixture: targeting with a fake beam, fake clocks and a scripted scene; and a caller's end of
// a visit.
#ifndef ATOMSTREAM_TESTS_SERVER_TARGETING_DESK_FIXTURE_H_
#define ATOMSTREAM_TESTS_SERVER_TARGETING_DESK_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/mutex.h"
#include "server/targeting/targeting.h"
#include "tests/fakes/fake_audit.h"
#include "tests/fakes/fake_beam.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_wait.h"
#include "tests/server/targeting/scene_script.h"

namespace atomstream {

// The end of a visit, for its caller.
class Waiter {
 public:
  VisitDesk::Done done() {
    return [this](const VisitReport& report) {
      MutexLock lock(&mutex_);
      EXPECT_FALSE(report_.has_value()) << "done was called twice";
      report_ = report;
      changed_.NotifyAll();
    };
  }
  VisitReport Wait() {
    MutexLock lock(&mutex_);
    while (!report_) changed_.Wait(&mutex_);
    return *report_;
  }
  bool is_done() const {
    MutexLock lock(&mutex_);
    return report_.has_value();
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  std::optional<VisitReport> report_ ABSL_GUARDED_BY(mutex_);
};

class DeskFixture : public testing::Test {
 protected:
  void Make(const TargetingOptions& options = {}, bool with_beam = true) {
    targeting_ = std::make_unique<Targeting>(
        options, TargetingDependencies{.epoch = "epoch",
                                       .beam = with_beam ? &beam_ : nullptr,
                                       .wait = &wait_,
                                       .clock = &clock_,
                                       .steady_clock = &steady_,
                                       .metrics = &metrics_,
                                       .audit = &audit_,
                                       .log = &log_});
    targeting_->Start();
  }

  void Show() { script_.Show(*targeting_); }

  // Chooses the dopants; their ids are in targets_.
  void Select() {
    const auto selected = targeting_->scene().Select(Dopants(), std::nullopt);
    ASSERT_TRUE(selected.ok()) << selected.refusal.message;
    selection_ = (*selected.value)->selection_id;
    targets_.clear();
    for (const Target& target : (*selected.value)->update.targets) {
      targets_.push_back(target.where.id);
    }
  }
  // All of the above, with one frame.
  void Begin(const TargetingOptions& options = {}) {
    Make(options);
    Show();
    Select();
  }

  VisitRequest RequestFor(size_t target) const {
    VisitRequest request;
    request.selection_id = selection_;
    request.target_id = targets_.at(target);
    request.epoch = "epoch";
    request.dwell = absl::Milliseconds(100);
    request.holder = "ana";
    request.min_frames_sure = 1;  // most tests show one frame
    return request;
  }

  VisitReport Attempt(const VisitRequest& request) {
    Waiter waiter;
    const auto job = targeting_->desk().Submit(request, waiter.done());
    if (!job.ok()) return {.refusal = job.refusal, .visit = std::nullopt};
    return waiter.Wait();
  }

  // The reason of a refusal before the visit was accepted.
  absl::string_view RefusalOf(const VisitRequest& request) {
    Waiter waiter;
    const auto job = targeting_->desk().Submit(request, waiter.done());
    EXPECT_FALSE(job.ok());
    EXPECT_FALSE(waiter.is_done());
    return job.refusal.reason;
  }

  int64_t Count(VisitOutcome outcome) const {
    return metrics_.visits[static_cast<size_t>(outcome)]->value();
  }

  FakeClock clock_, steady_;
  FakeBeam beam_;
  FakeWait wait_;
  FakeAudit audit_;
  SilentLog log_;
  MetricRegistry registry_;
  TargetingMetrics metrics_{registry_};
  SceneScript script_{&clock_, &steady_};
  std::string selection_;
  std::vector<int64_t> targets_;
  std::unique_ptr<Targeting> targeting_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_TARGETING_DESK_FIXTURE_H_
