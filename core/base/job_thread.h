// JobThread: a thread that does jobs one after another, in the order in which they came, and may be
// asked to end by a time.
//
// Belongs to an owner, which starts and ends it; Offer and Stop may be called by any thread, but
// Shutdown and the destructor not by the work itself. At most `max_waiting` jobs wait; the one that
// is being done is not among them.
#ifndef ATOMSTREAM_CORE_BASE_JOB_THREAD_H_
#define ATOMSTREAM_CORE_BASE_JOB_THREAD_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "absl/time/time.h"
#include "core/base/mutex.h"

namespace atomstream {

enum class JobOffer { kTaken, kFull, kStopping };

template <typename Job>
class JobThread {
 public:
  JobThread(size_t max_waiting, std::function<void(Job)> work)
      : max_waiting_(max_waiting), work_(std::move(work)) {}
  ~JobThread() {
    Stop();
    if (thread_.joinable()) thread_.join();
  }
  JobThread(const JobThread&) = delete;
  JobThread& operator=(const JobThread&) = delete;

  // Once. `first`, which may be empty, is called by the thread before any job.
  void Start(std::function<void()> first = {}) {
    thread_ = std::thread([this, first = std::move(first)] {
      if (first) first();
      Run();
    });
  }

  // Never waits. What comes before Start waits for it.
  JobOffer Offer(Job job) {
    MutexLock lock(&mutex_);
    if (stopping_) return JobOffer::kStopping;
    if (waiting_.size() >= max_waiting_) return JobOffer::kFull;
    waiting_.push_back(std::move(job));
    changed_.NotifyAll();
    return JobOffer::kTaken;
  }

  // Begins no job any more; those that wait are the caller's. Does not wait for the one that runs.
  std::deque<Job> Stop() {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
    return std::exchange(waiting_, {});
  }

  // After Stop. True: the thread is joined. False: a job still runs. Again: waits again.
  bool Shutdown(absl::Time deadline) {
    {
      MutexLock lock(&mutex_);
      while (working_) {
        if (changed_.WaitUntil(&mutex_, deadline) && working_) return false;
      }
    }
    if (thread_.joinable()) thread_.join();
    return true;
  }

 private:
  void Run() {
    while (true) {
      std::optional<Job> next;
      {
        MutexLock lock(&mutex_);
        working_ = false;
        changed_.NotifyAll();
        while (waiting_.empty() && !stopping_) changed_.Wait(&mutex_);
        if (waiting_.empty()) return;
        next = std::move(waiting_.front());
        waiting_.pop_front();
        working_ = true;
      }
      work_(*std::move(next));
    }
  }

  const size_t max_waiting_;
  const std::function<void(Job)> work_;
  std::thread thread_;

  Mutex mutex_;
  CondVar changed_;
  std::deque<Job> waiting_ ABSL_GUARDED_BY(mutex_);
  bool working_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BASE_JOB_THREAD_H_
