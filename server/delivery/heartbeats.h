// Heartbeats: asks every stream now and then whether it has been silent for too long. One thread
// for all streams, whatever their number; a stream that is busy costs one question an interval.
//
// Owned by DeliveryDesk. Add and Remove may be called by any thread; a beat runs on the thread of
// this class, without a lock of ours, and must not wait.
#ifndef ATOMSTREAM_SERVER_DELIVERY_HEARTBEATS_H_
#define ATOMSTREAM_SERVER_DELIVERY_HEARTBEATS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"

namespace atomstream {

class Heartbeats {
 public:
  // Does what is due at `now` and returns when to ask again, later than `now`.
  using Beat = std::function<absl::Time(absl::Time now)>;

  // `steady_clock` outlives this.
  explicit Heartbeats(const Clock* steady_clock);
  ~Heartbeats();  // joins the thread
  Heartbeats(const Heartbeats&) = delete;
  Heartbeats& operator=(const Heartbeats&) = delete;

  // Once. Tests leave it out and call RunDue.
  void Start();

  // Asks `beat` at `first` for the first time. Returns what Remove wants.
  int64_t Add(absl::Time first, Beat beat);
  // A call of the beat may still be running, or about to: it should hold what it needs weakly.
  void Remove(int64_t id);

  // Asks all that are due at `now`; returns when the next one is, InfiniteFuture if there is none.
  absl::Time RunDue(absl::Time now);

  int size() const;

 private:
  using Due = std::pair<absl::Time, int64_t>;

  void Work();  // the thread's life

  const Clock* const steady_clock_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::map<Due, std::shared_ptr<const Beat>> beats_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, absl::Time> due_ ABSL_GUARDED_BY(mutex_);  // of each id in beats_ or running
  int64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  bool poked_ ABSL_GUARDED_BY(mutex_) = false;  // something may be due earlier than was known
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_DELIVERY_HEARTBEATS_H_
