// FakeBeam: a beam whose behaviour the test decides, and that remembers what was done to it.
#ifndef ATOMSTREAM_TESTS_FAKES_FAKE_BEAM_H_
#define ATOMSTREAM_TESTS_FAKES_FAKE_BEAM_H_

#include <functional>
#include <stdexcept>
#include <vector>

#include "core/base/mutex.h"
#include "server/targeting/beam_control.h"

namespace atomstream {

class FakeBeam final : public BeamControl {
 public:
  enum class Manner {
    kObey,
    kRefuse,          // INVALID_ARGUMENT at once
    kFail,            // UNAVAILABLE at once, beam left on
    kHang,            // until it is cancelled, beam left on
    kHangUntilFreed,  // until FreeBeam, then OK
    kTimeOut,         // DEADLINE_EXCEEDED, beam left on
    kThrow,           // beam left on
  };

  void Behave(Manner manner) {
    MutexLock lock(&mutex_);
    manner_ = manner;
  }
  void FailNextBlanks(int count) {
    MutexLock lock(&mutex_);
    failing_blanks_ = count;
  }
  void ThrowAtNextBlank() {
    MutexLock lock(&mutex_);
    throwing_blank_ = true;
  }
  // Called while the beam is on its place, without the lock.
  void OnPlaced(std::function<void()> hook) {
    MutexLock lock(&mutex_);
    on_placed_ = std::move(hook);
  }
  void FreeBeam() {
    MutexLock lock(&mutex_);
    freed_ = true;
    changed_.NotifyAll();
  }
  void WaitUntilPlaced(size_t times = 1) {
    MutexLock lock(&mutex_);
    while (places_.size() < times) changed_.Wait(&mutex_);
  }
  void WaitUntilBlanked() {
    MutexLock lock(&mutex_);
    while (on_) changed_.Wait(&mutex_);
  }

  absl::Status Place(const ScanPoint& place, absl::Duration, absl::Duration,
                     std::stop_token cancel) override {
    const std::stop_callback wake(cancel, [this] {
      MutexLock lock(&mutex_);
      changed_.NotifyAll();
    });
    std::function<void()> hook;
    {
      MutexLock lock(&mutex_);
      if (manner_ == Manner::kRefuse) return absl::InvalidArgumentError("x_fraction = 2: no");
      places_.push_back(place);
      doubly_on_ = doubly_on_ || on_;
      on_ = true;
      changed_.NotifyAll();
      hook = on_placed_;
    }
    if (hook) hook();
    MutexLock lock(&mutex_);
    if (manner_ == Manner::kFail) return absl::UnavailableError("the instrument failed");
    if (manner_ == Manner::kTimeOut) return absl::DeadlineExceededError("no answer");
    if (manner_ == Manner::kThrow) throw std::runtime_error("the instrument threw");
    while (manner_ == Manner::kHang && !cancel.stop_requested()) changed_.Wait(&mutex_);
    while (manner_ == Manner::kHangUntilFreed && !freed_) changed_.Wait(&mutex_);
    if (cancel.stop_requested()) return absl::CancelledError("cancelled");
    on_ = false;
    changed_.NotifyAll();
    return absl::OkStatus();
  }

  absl::Status Blank(absl::Duration) override {
    MutexLock lock(&mutex_);
    ++blanks_;
    if (throwing_blank_) {
      throwing_blank_ = false;
      throw std::runtime_error("blanking threw");
    }
    if (failing_blanks_ > 0) {
      --failing_blanks_;
      return absl::UnavailableError("no answer");
    }
    on_ = false;
    changed_.NotifyAll();
    return absl::OkStatus();
  }

  bool on() const {
    MutexLock lock(&mutex_);
    return on_;
  }
  bool was_doubly_on() const {
    MutexLock lock(&mutex_);
    return doubly_on_;
  }
  int blanks() const {
    MutexLock lock(&mutex_);
    return blanks_;
  }
  std::vector<ScanPoint> places() const {
    MutexLock lock(&mutex_);
    return places_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  Manner manner_ ABSL_GUARDED_BY(mutex_) = Manner::kObey;
  int failing_blanks_ ABSL_GUARDED_BY(mutex_) = 0;
  bool throwing_blank_ ABSL_GUARDED_BY(mutex_) = false;
  bool freed_ ABSL_GUARDED_BY(mutex_) = false;
  bool on_ ABSL_GUARDED_BY(mutex_) = false;
  bool doubly_on_ ABSL_GUARDED_BY(mutex_) = false;
  int blanks_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<ScanPoint> places_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> on_placed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_FAKE_BEAM_H_
