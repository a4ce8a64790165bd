// WriterGate: the lock on the one connection that writes, with a way in for appends, which go
// first, and one for everything else. So an append waits for at most one piece of other work, also
// when that is done over and over. Thread-safe.
#ifndef ATOMSTREAM_SERVER_JOURNAL_WRITER_GATE_H_
#define ATOMSTREAM_SERVER_JOURNAL_WRITER_GATE_H_

#include "core/base/mutex.h"

namespace atomstream {

class ABSL_LOCKABLE WriterGate {
 public:
  void EnterFirst() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    MutexLock lock(&mutex_);
    ++appends_waiting_;
    while (taken_) left_.Wait(&mutex_);
    --appends_waiting_;
    taken_ = true;
  }

  void EnterLast() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    MutexLock lock(&mutex_);
    while (taken_ || appends_waiting_ > 0) left_.Wait(&mutex_);
    taken_ = true;
  }

  void Leave() ABSL_UNLOCK_FUNCTION() {
    MutexLock lock(&mutex_);
    taken_ = false;
    left_.NotifyAll();
  }

 private:
  Mutex mutex_;
  CondVar left_;
  bool taken_ ABSL_GUARDED_BY(mutex_) = false;
  int appends_waiting_ ABSL_GUARDED_BY(mutex_) = 0;
};

enum class WriterTurn { kFirst, kLast };

// Inside from its construction to its end.
class ABSL_SCOPED_LOCKABLE WriterVisit {
 public:
  WriterVisit(WriterGate* gate, WriterTurn turn) ABSL_EXCLUSIVE_LOCK_FUNCTION(gate) : gate_(*gate) {
    if (turn == WriterTurn::kFirst) {
      gate_.EnterFirst();
    } else {
      gate_.EnterLast();
    }
  }
  ~WriterVisit() ABSL_UNLOCK_FUNCTION() { gate_.Leave(); }

  WriterVisit(const WriterVisit&) = delete;
  WriterVisit& operator=(const WriterVisit&) = delete;

 private:
  WriterGate& gate_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_WRITER_GATE_H_
