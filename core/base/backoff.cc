#include "core/base/backoff.h"

#include <algorithm>
#include <utility>

namespace atomstream {

Backoff::Backoff(const BackoffOptions& options, std::function<double()> random)
    : options_(options), random_(std::move(random)), current_(options.initial) {}

absl::Duration Backoff::Next() {
  const absl::Duration wait = current_ * (1 - options_.jitter * random_());
  current_ = std::min(2 * current_, options_.max);
  return wait;
}

}  // namespace atomstream
