// TaskThreads: a few threads that do short pieces of work for many subscribers, in the order in
// which they were asked for.
//
// Owned by DeliveryDesk. Run may be called by any thread, also from a task, and never waits.
// Whoever calls it bounds the queue: a subscriber has at most one task of a kind waiting or
// running. A task must not throw.
#ifndef ATOMSTREAM_SERVER_DELIVERY_TASK_THREADS_H_
#define ATOMSTREAM_SERVER_DELIVERY_TASK_THREADS_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "core/base/mutex.h"

namespace atomstream {

class TaskThreads {
 public:
  explicit TaskThreads(int threads);  // >= 1
  // Waits for tasks that have begun; the others are dropped.
  ~TaskThreads();
  TaskThreads(const TaskThreads&) = delete;
  TaskThreads& operator=(const TaskThreads&) = delete;

  void Run(std::function<void()> task);

 private:
  void Work();  // a thread's life

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // set by the constructor only
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_DELIVERY_TASK_THREADS_H_
