// SubscriberClient: an AnalysisClient of which only Subscribe is there. Base of fakes.
#ifndef ATOMSTREAM_TESTS_CLIENT_STREAM_SUBSCRIBER_CLIENT_H_
#define ATOMSTREAM_TESTS_CLIENT_STREAM_SUBSCRIBER_CLIENT_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "client/cpp/analysis_client.h"
#include "core/base/interruptible_wait.h"
#include "core/base/mutex.h"
#include "tests/fakes/fake_clock.h"

namespace atomstream {

class SubscriberClient : public AnalysisClient {
 public:
  bool WaitUntilConnected(absl::Duration) override { return true; }
  absl::StatusOr<v1::FrameResult> AnalyzeFrame(const v1::AnalyzeFrameRequest&,
                                               absl::Duration) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<v1::FrameResult> GetFrameResult(const v1::GetFrameResultRequest&,
                                                 absl::Duration) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<v1::ListFrameResultsResponse> ListFrameResults(const v1::ListFrameResultsRequest&,
                                                                absl::Duration) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<v1::GetFrameResponse> GetFrame(const v1::GetFrameRequest&,
                                                absl::Duration) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<v1::GetStatusResponse> GetStatus(absl::Duration) override {
    return absl::UnimplementedError("");
  }
};

// A subscription whose messages a function gives. Its NextWithin runs on one thread.
class FunctionSubscription final : public ResultSubscription {
 public:
  using Answer = absl::StatusOr<std::optional<v1::SubscribeResponse>>;
  explicit FunctionSubscription(std::function<Answer(absl::Duration)> next)
      : next_(std::move(next)) {}
  Answer NextWithin(absl::Duration timeout) override { return next_(timeout); }
  void Cancel() override {}

 private:
  const std::function<Answer(absl::Duration)> next_;
};

// Each subscription plays a script: messages, then silence for `silence`, then the end. One that is
// not there waits until it is cancelled.
class ScriptedClient final : public SubscriberClient {
 public:
  struct Script {
    std::vector<v1::SubscribeResponse> messages;
    absl::Status end = absl::UnavailableError("the link broke");
    absl::Duration silence = {};
  };

  explicit ScriptedClient(FakeClock* clock) : clock_(*clock) {}

  void Add(Script script) { scripts_.push_back(std::move(script)); }

  const std::vector<v1::SubscribeRequest>& requests() const { return requests_; }
  // The time-outs with which messages were waited for when none came.
  const std::vector<absl::Duration>& patience() const { return patience_; }

  void AwaitWaiting() {
    MutexLock lock(&mutex_);
    while (!waiting_) changed_.Wait(&mutex_);
  }

  std::unique_ptr<ResultSubscription> Subscribe(const v1::SubscribeRequest& request) override {
    requests_.push_back(request);
    if (scripts_.empty()) return std::make_unique<Hanging>(this);
    auto script = std::make_shared<Script>(std::move(scripts_.front()));
    scripts_.pop_front();
    return std::make_unique<FunctionSubscription>(
        [this, script](absl::Duration timeout) { return Play(*script, timeout); });
  }

 private:
  // Says nothing, and cannot be left but by Cancel: like a connection that hangs.
  class Hanging final : public ResultSubscription {
   public:
    explicit Hanging(ScriptedClient* client) : client_(*client) {}
    FunctionSubscription::Answer NextWithin(absl::Duration) override {
      MutexLock lock(&client_.mutex_);
      client_.waiting_ = true;
      client_.changed_.NotifyAll();
      while (!cancelled_) client_.changed_.Wait(&client_.mutex_);
      return absl::CancelledError("cancelled");
    }
    void Cancel() override {
      MutexLock lock(&client_.mutex_);
      cancelled_ = true;
      client_.changed_.NotifyAll();
    }

   private:
    ScriptedClient& client_;
    bool cancelled_ = false;
  };

  FunctionSubscription::Answer Play(Script& script, absl::Duration timeout) {
    if (!script.messages.empty()) {
      v1::SubscribeResponse message = script.messages.front();
      script.messages.erase(script.messages.begin());
      return message;
    }
    if (script.silence > timeout) {
      patience_.push_back(timeout);
      clock_.Advance(timeout);
      script.silence -= timeout;
      return std::optional<v1::SubscribeResponse>();
    }
    clock_.Advance(script.silence);
    return script.end;
  }

  FakeClock& clock_;
  std::deque<Script> scripts_;
  std::vector<v1::SubscribeRequest> requests_;
  std::vector<absl::Duration> patience_;
  Mutex mutex_;
  CondVar changed_;
  bool waiting_ ABSL_GUARDED_BY(mutex_) = false;
};

// Sleeps by setting the clock forward, and remembers how long.
class ClockWait final : public InterruptibleWait {
 public:
  explicit ClockWait(FakeClock* clock) : clock_(*clock) {}
  bool WaitFor(absl::Duration duration) override {
    MutexLock lock(&mutex_);
    if (interrupted_) return false;
    clock_.Advance(duration);
    waits_.push_back(duration);
    return true;
  }
  void Interrupt() override {
    MutexLock lock(&mutex_);
    interrupted_ = true;
  }
  std::vector<absl::Duration> waits() const {
    MutexLock lock(&mutex_);
    return waits_;
  }

 private:
  FakeClock& clock_;
  mutable Mutex mutex_;
  bool interrupted_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<absl::Duration> waits_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_CLIENT_STREAM_SUBSCRIBER_CLIENT_H_
