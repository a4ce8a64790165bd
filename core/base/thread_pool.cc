#include "core/base/thread_pool.h"

#include <algorithm>
#include <cassert>
#include <exception>
#include <system_error>

namespace atomstream {
namespace {

// A task that throws must not unwind a call that other threads still work on: what it threw is kept
// for the caller.
std::exception_ptr Run(const std::function<void(int)>& fn, int index) noexcept {
  try {
    fn(index);
    return nullptr;
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace

ThreadPool::ThreadPool(int num_threads) {
  threads_.reserve(std::max(num_threads, 0));
  for (int i = 0; i < num_threads; ++i) {
    try {
      threads_.emplace_back([this] { Work(); });
    } catch (const std::system_error&) {
      break;
    }
  }
}

ThreadPool::~ThreadPool() {
  {
    MutexLock lock(&mutex_);
    assert(calls_.empty());
    stopping_ = true;
    work_available_.NotifyAll();
  }
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::ParallelFor(int count, const std::function<void(int)>& fn) {
  if (count <= 0) return;
  if (count == 1 || threads_.empty()) {
    for (int i = 0; i < count; ++i) fn(i);
    return;
  }

  Call call;
  call.fn = &fn;
  call.count = count;
  mutex_.Lock();
  calls_.push_back(&call);
  const int helpers = std::min<int>(count - 1, static_cast<int>(threads_.size()));
  for (int i = 0; i < helpers; ++i) work_available_.NotifyOne();
  while (call.next < call.count) {
    const int index = TakeIndex(&call);
    mutex_.Unlock();
    const std::exception_ptr thrown = Run(fn, index);
    mutex_.Lock();
    if (thrown && !call.thrown) call.thrown = thrown;
  }
  // Only indices already being run are left, so this wait cannot be for a thread that waits for us.
  while (call.running > 0) call.finished.Wait(&mutex_);
  mutex_.Unlock();
  if (call.thrown) std::rethrow_exception(call.thrown);
}

int ThreadPool::TakeIndex(Call* call) {
  const int index = call->next++;
  if (call->next == call->count) calls_.erase(std::find(calls_.begin(), calls_.end(), call));
  return index;
}

void ThreadPool::Work() {
  mutex_.Lock();
  while (true) {
    while (!stopping_ && calls_.empty()) work_available_.Wait(&mutex_);
    if (stopping_) break;

    Call* call = calls_.front();
    calls_.pop_front();
    calls_.push_back(call);  // the others come first next time
    const int index = TakeIndex(call);
    ++call->running;
    mutex_.Unlock();
    const std::exception_ptr thrown = Run(*call->fn, index);
    mutex_.Lock();
    if (thrown && !call->thrown) call->thrown = thrown;
    // Still locked when notifying: `call` dies as soon as its caller can see running == 0.
    if (--call->running == 0) call->finished.NotifyOne();
  }
  mutex_.Unlock();
}

}  // namespace atomstream
