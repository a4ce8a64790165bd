// FakeFrameSource: gives what the test tells it to, in order, and blocks when it has nothing.
#ifndef ATOMSTREAM_TESTS_FAKES_FAKE_FRAME_SOURCE_H_
#define ATOMSTREAM_TESTS_FAKES_FAKE_FRAME_SOURCE_H_

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "core/base/mutex.h"
#include "server/source/frame_source.h"

namespace atomstream {

class FakeFrameSource final : public FrameSource {
 public:
  void Give(absl::StatusOr<std::shared_ptr<const Frame>> next) {
    MutexLock lock(&mutex_);
    if (next.ok()) {
      next_.push_back({absl::OkStatus(), *std::move(next)});
    } else {
      // A copy of its own: absl's shared one is let go in a library that is not instrumented, which
      // ThreadSanitizer takes for a race.
      absl::Status own(next.status().code(), next.status().message());
      next.status().ForEachPayload([&own](absl::string_view type, const absl::Cord& payload) {
        own.SetPayload(type, payload);
      });
      next_.push_back({std::move(own), nullptr});
    }
    changed_.NotifyAll();
  }

  // Waits until everything given was taken and Next was called again.
  void WaitUntilAsked() {
    MutexLock lock(&mutex_);
    while (!(next_.empty() && asking_)) changed_.Wait(&mutex_);
  }

  void WaitUntilCancelled() {
    MutexLock lock(&mutex_);
    while (!cancelled_) changed_.Wait(&mutex_);
  }

  absl::StatusOr<std::shared_ptr<const Frame>> Next() override {
    MutexLock lock(&mutex_);
    asking_ = true;
    changed_.NotifyAll();
    while (next_.empty() && !cancelled_) changed_.Wait(&mutex_);
    asking_ = false;
    if (cancelled_) return absl::CancelledError();
    const Answer next = std::move(next_.front());
    next_.pop_front();
    if (!next.status.ok()) return next.status;
    return next.frame;
  }

  absl::Duration decode_time() const override {
    MutexLock lock(&mutex_);
    return decode_time_;
  }
  // Of all frames from now on.
  void SetDecodeTime(absl::Duration time) {
    MutexLock lock(&mutex_);
    decode_time_ = time;
  }

  void Cancel() override {
    MutexLock lock(&mutex_);
    cancelled_ = true;
    changed_.NotifyAll();
  }

  std::string Description() const override { return "fake source"; }

 private:
  struct Answer {
    absl::Status status;
    std::shared_ptr<const Frame> frame;
  };

  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Answer> next_ ABSL_GUARDED_BY(mutex_);
  bool asking_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Duration decode_time_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_FAKE_FRAME_SOURCE_H_
