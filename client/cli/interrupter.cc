#include "client/cli/interrupter.h"

#include <csignal>
#include <ctime>
#include <utility>

#include "absl/time/clock.h"

namespace atomstream {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(50);  // how late a signal may be noticed

sigset_t HandledSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

Interrupter::Interrupter(absl::Duration idle_timeout)
    : idle_timeout_(idle_timeout), last_touch_(absl::Now()) {
  const sigset_t signals = HandledSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  thread_ = std::thread([this] { Run(); });
}

Interrupter::~Interrupter() {
  {
    MutexLock lock(&mutex_);
    stopped_ = true;
  }
  thread_.join();
}

void Interrupter::SetCancel(std::function<void()> cancel) {
  MutexLock lock(&mutex_);
  cancel_ = std::move(cancel);
  if (cause_ != Cause::kNone && cancel_) cancel_();
}

void Interrupter::Touch() {
  MutexLock lock(&mutex_);
  last_touch_ = absl::Now();
}

bool Interrupter::SleepFor(absl::Duration duration) {
  const absl::Time end = absl::Now() + duration;
  MutexLock lock(&mutex_);
  while (cause_ == Cause::kNone && !changed_.WaitUntil(&mutex_, end)) {
  }
  return cause_ == Cause::kNone;
}

Interrupter::Cause Interrupter::cause() const {
  MutexLock lock(&mutex_);
  return cause_;
}

void Interrupter::Run() {
  const sigset_t signals = HandledSignals();
  const timespec look = absl::ToTimespec(kLook);
  while (true) {
    const bool signalled = sigtimedwait(&signals, nullptr, &look) > 0;
    MutexLock lock(&mutex_);
    if (stopped_) return;
    if (cause_ != Cause::kNone) continue;
    if (signalled) {
      cause_ = Cause::kSignal;
    } else if (absl::Now() - last_touch_ >= idle_timeout_) {
      cause_ = Cause::kIdle;
    } else {
      continue;
    }
    if (cancel_) cancel_();
    changed_.NotifyAll();
  }
}

}  // namespace atomstream
