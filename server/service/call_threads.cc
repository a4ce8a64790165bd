#include "server/service/call_threads.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

absl::Status ShuttingDown() { return absl::UnavailableError("the daemon is shutting down"); }

}  // namespace

CallThreads::CallThreads(int threads, int max_waiting)
    : max_waiting_(static_cast<size_t>(max_waiting)) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

CallThreads::~CallThreads() { Shutdown(); }

absl::Status CallThreads::Run(Call call) {
  MutexLock lock(&mutex_);
  if (stopping_) return ShuttingDown();
  if (waiting_.size() >= max_waiting_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("as many calls as may (", max_waiting_, ") wait for the disk already"));
  }
  waiting_.push_back(std::move(call));
  changed_.NotifyOne();
  return absl::OkStatus();
}

void CallThreads::Work() {
  while (true) {
    Call call;
    absl::Status status;
    {
      MutexLock lock(&mutex_);
      while (waiting_.empty() && !stopping_) changed_.Wait(&mutex_);
      if (waiting_.empty()) return;
      call = std::move(waiting_.front());
      waiting_.pop_front();
      if (stopping_) status = ShuttingDown();
    }
    call(status);
  }
}

void CallThreads::Shutdown() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace atomstream
