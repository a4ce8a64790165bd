// ThreadPool: an Executor over threads of its own, joined in the destructor. The daemon (or a tool
// or test) makes one and lends it out; algorithms never make one. Thread-safe, except that no
// ParallelFor may be running when it is destroyed.
//
// Sharing: idle threads take one index at a time from the running ParallelFor calls in turn, so
// several callers progress side by side, and every caller works on its own call in any case.
// The queue is bounded by the callers themselves: each has one call in it per nesting level.
#ifndef ATOMSTREAM_CORE_BASE_THREAD_POOL_H_
#define ATOMSTREAM_CORE_BASE_THREAD_POOL_H_

#include <deque>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include "core/base/executor.h"
#include "core/base/mutex.h"

namespace atomstream {

class ThreadPool final : public Executor {
 public:
  // For `n` cores in all, give n - 1: the calling thread works too. 0 runs everything inline. When
  // the system refuses a thread, the pool has those it got.
  explicit ThreadPool(int num_threads);
  ~ThreadPool() override;

  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void ParallelFor(int count, const std::function<void(int)>& fn) override;

  // The pool's threads and one caller.
  int concurrency() const override { return static_cast<int>(threads_.size()) + 1; }

 private:
  // One ParallelFor. Lives on its caller's stack; guarded by mutex_ (nested types cannot say so).
  struct Call {
    const std::function<void(int)>* fn = nullptr;
    int count = 0;
    int next = 0;               // first index nobody has taken
    int running = 0;            // indices taken by pool threads and not yet finished
    std::exception_ptr thrown;  // by the first index that threw
    CondVar finished;
  };

  // Takes the next index of `call`, which leaves the queue with its last one.
  int TakeIndex(Call* call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Work();  // a pool thread's life

  Mutex mutex_;
  CondVar work_available_;
  std::deque<Call*> calls_ ABSL_GUARDED_BY(mutex_);  // with indices left, the next to serve first
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // set by the constructor only
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BASE_THREAD_POOL_H_
