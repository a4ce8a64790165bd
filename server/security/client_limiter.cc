#include "server/security/client_limiter.h"

#include <algorithm>

namespace atomstream {

ClientLimiter::Amounts ClientLimiter::Rates() const {
  return {limits_.calls_per_second, limits_.bytes_per_second, limits_.frames_per_second};
}

ClientLimiter::Buckets& ClientLimiter::Find(const std::string& client, absl::Time now) {
  const Amounts rates = Rates();
  const double burst_s = absl::ToDoubleSeconds(limits_.burst);
  const auto found = clients_.find(client);
  if (found != clients_.end()) {
    Buckets& buckets = found->second;
    const double passed_s = std::max(0.0, absl::ToDoubleSeconds(now - buckets.filled));
    for (size_t i = 0; i < kKinds; ++i) {
      buckets.levels[i] = std::min(rates[i] * burst_s, buckets.levels[i] + rates[i] * passed_s);
    }
    buckets.filled = now;
    recent_.splice(recent_.begin(), recent_, buckets.recent);
    return buckets;
  }
  if (clients_.size() >= limits_.max_clients) {
    clients_.erase(recent_.back());
    recent_.pop_back();
  }
  recent_.push_front(client);
  Buckets fresh{.filled = now, .recent = recent_.begin()};
  for (size_t i = 0; i < kKinds; ++i) fresh.levels[i] = rates[i] * burst_s;
  return clients_.emplace(client, fresh).first->second;
}

void ClientLimiter::SetLimits(const ClientLimits& limits) {
  MutexLock lock(&mutex_);
  limits_ = limits;
  clients_.clear();
  recent_.clear();
}

absl::Duration ClientLimiter::Charge(const std::string& client, const CallCost& cost) {
  const Amounts costs = {cost.calls, cost.bytes, cost.frames};
  MutexLock lock(&mutex_);
  const Amounts rates = Rates();
  const double burst_s = absl::ToDoubleSeconds(limits_.burst);
  Buckets& buckets = Find(client, clock_.Now());
  double wait_s = 0;
  for (size_t i = 0; i < kKinds; ++i) {
    if (rates[i] <= 0 || costs[i] <= 0) continue;
    const double needed = std::min(costs[i], rates[i] * burst_s);
    wait_s = std::max(wait_s, (needed - buckets.levels[i]) / rates[i]);
  }
  // Below a microsecond the level is there but for rounding.
  if (wait_s > 1e-6) return absl::Seconds(wait_s);
  for (size_t i = 0; i < kKinds; ++i) buckets.levels[i] -= costs[i];
  return absl::ZeroDuration();
}

bool ClientLimiter::OpenStream(const std::string& client) {
  MutexLock lock(&mutex_);
  int& open = streams_[client];
  if (limits_.max_streams > 0 && open >= limits_.max_streams) return false;
  ++open;
  return true;
}

void ClientLimiter::CloseStream(const std::string& client) {
  MutexLock lock(&mutex_);
  const auto found = streams_.find(client);
  if (found == streams_.end()) return;
  if (--found->second <= 0) streams_.erase(found);
}

int ClientLimiter::max_streams() const {
  MutexLock lock(&mutex_);
  return limits_.max_streams;
}

size_t ClientLimiter::remembered() const {
  MutexLock lock(&mutex_);
  return clients_.size();
}

}  // namespace atomstream
