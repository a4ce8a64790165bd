// Persist: makes a call again while the daemon is away or has too much to do, up to a deadline. Any
// thread.
#ifndef ATOMSTREAM_CLIENT_CPP_PERSIST_H_
#define ATOMSTREAM_CLIENT_CPP_PERSIST_H_

#include <algorithm>
#include <functional>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/base/backoff.h"

namespace atomstream {

struct Persistence {
  absl::Duration timeout;  // of all attempts together
  std::function<absl::Time()> now = &absl::Now;
  // False: give up. The default only sleeps.
  std::function<bool(absl::Duration)> wait = [](absl::Duration duration) {
    absl::SleepFor(duration);
    return true;
  };
};

// `call` gets the time that is left. Returns its last answer, or CANCELLED if `wait` gave up.
template <typename Call>
auto Persist(const Persistence& persistence, Call call) -> decltype(call(absl::Duration())) {
  const absl::Time end = persistence.now() + persistence.timeout;
  Backoff backoff({.initial = absl::Milliseconds(100), .max = absl::Seconds(2), .jitter = 0},
                  [] { return 0.0; });
  while (true) {
    auto answer = call(end - persistence.now());
    if (!absl::IsUnavailable(answer.status()) && !absl::IsResourceExhausted(answer.status())) {
      return answer;
    }
    const absl::Duration left = end - persistence.now();
    if (left <= absl::ZeroDuration()) return answer;
    if (!persistence.wait(std::min(backoff.Next(), left))) {
      return absl::CancelledError("interrupted");
    }
  }
}

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_PERSIST_H_
