// How long the oldest entry of a queue has waited. The queues tell it when they are asked
// (ShowAges), right before metrics are read, so that the age of a queue that is stuck grows. Pure;
// any thread.
#ifndef ATOMSTREAM_SERVER_METRICS_QUEUE_AGE_H_
#define ATOMSTREAM_SERVER_METRICS_QUEUE_AGE_H_

#include "absl/time/time.h"

namespace atomstream {

// When the oldest entry of an empty queue came.
inline constexpr absl::Time kEmptyQueue = absl::InfiniteFuture();

// `came`: of the oldest entry, and `now` on the same clock. An empty queue is 0 s old.
inline double QueueAgeSeconds(absl::Time came, absl::Time now) {
  return came < now ? absl::ToDoubleSeconds(now - came) : 0;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_QUEUE_AGE_H_
