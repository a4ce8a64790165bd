// Executor: where work runs. Algorithms take one as an argument and own no threads, so the caller
// (the daemon's worker pool, a test, a single-threaded tool) stays the only owner of cores.
#ifndef ATOMSTREAM_CORE_BASE_EXECUTOR_H_
#define ATOMSTREAM_CORE_BASE_EXECUTOR_H_

#include <functional>

namespace atomstream {

class Executor {
 public:
  virtual ~Executor() = default;

  // Runs fn(0) … fn(count - 1), in any order and possibly at the same time, and returns when all
  // have returned. The calling thread takes part, so a call from inside a task cannot deadlock.
  // If fn throws (a library did, or memory ran out), the first exception is thrown again here, on
  // the calling thread, when no call of fn is running any more; the caller turns it into a Status.
  virtual void ParallelFor(int count, const std::function<void(int)>& fn) = 0;

  // How many calls of fn can run at the same time (>= 1).
  virtual int concurrency() const = 0;
};

// Runs everything on the calling thread, in order.
class InlineExecutor final : public Executor {
 public:
  void ParallelFor(int count, const std::function<void(int)>& fn) override {
    for (int i = 0; i < count; ++i) fn(i);
  }
  int concurrency() const override { return 1; }
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BASE_EXECUTOR_H_
