// ClientLimiter: how much each client may ask for: calls, bytes and frames a second (token buckets)
// and streams at the same time. Remembers a bounded number of clients; the one that was silent
// longest is forgotten first, and begins with full buckets when it comes back.
//
// Thread-safe; the clock (a steady one) outlives it.
#ifndef ATOMSTREAM_SERVER_SECURITY_CLIENT_LIMITER_H_
#define ATOMSTREAM_SERVER_SECURITY_CLIENT_LIMITER_H_

#include <array>
#include <cstddef>
#include <list>
#include <map>
#include <string>
#include <unordered_map>

#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"

namespace atomstream {

struct ClientLimits {
  double calls_per_second = 0;  // these three, 0: no limit
  double bytes_per_second = 0;  // of requests
  double frames_per_second = 0;
  absl::Duration burst = absl::Seconds(5);  // what was not used for so long may be used at once
  int max_streams = 0;                      // at the same time; 0: no limit
  size_t max_clients = 1024;                // remembered
};

struct CallCost {
  double calls = 1;
  double bytes = 0;
  double frames = 0;
};

class ClientLimiter {
 public:
  ClientLimiter(const ClientLimits& limits, const Clock* steady_clock)
      : clock_(*steady_clock), limits_(limits) {}

  // From the next call on. Every client begins anew, with full buckets; streams stay counted.
  void SetLimits(const ClientLimits& limits);

  // Zero: the cost is charged. Otherwise nothing is, and the same call would pass after so long if
  // the client asked for nothing else. A cost beyond a bucket's size passes when the bucket is
  // full, and is paid off afterwards.
  absl::Duration Charge(const std::string& client, const CallCost& cost);

  // False: the client has max_streams. True: to be followed by one CloseStream.
  bool OpenStream(const std::string& client);
  void CloseStream(const std::string& client);

  size_t remembered() const;
  int max_streams() const;  // of the limits that count now

 private:
  static constexpr size_t kKinds = 3;  // calls, bytes, frames
  using Amounts = std::array<double, kKinds>;
  struct Buckets {
    Amounts levels = {};
    absl::Time filled;                        // when levels were right
    std::list<std::string>::iterator recent;  // its place in recent_
  };

  Buckets& Find(const std::string& client, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Amounts Rates() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  mutable Mutex mutex_;
  ClientLimits limits_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<std::string, Buckets> clients_ ABSL_GUARDED_BY(mutex_);
  std::list<std::string> recent_ ABSL_GUARDED_BY(mutex_);       // the latest first
  std::map<std::string, int> streams_ ABSL_GUARDED_BY(mutex_);  // only clients that have some
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_CLIENT_LIMITER_H_
