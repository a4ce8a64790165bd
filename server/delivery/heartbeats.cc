#include "server/delivery/heartbeats.h"

#include <vector>

namespace atomstream {

Heartbeats::Heartbeats(const Clock* steady_clock) : steady_clock_(steady_clock) {}

Heartbeats::~Heartbeats() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void Heartbeats::Start() {
  thread_ = std::thread([this] { Work(); });
}

int64_t Heartbeats::Add(absl::Time first, Beat beat) {
  auto shared = std::make_shared<const Beat>(std::move(beat));
  MutexLock lock(&mutex_);
  const int64_t id = ++last_id_;
  beats_.emplace(Due(first, id), std::move(shared));
  due_.emplace(id, first);
  if (beats_.begin()->first.second == id) {
    poked_ = true;
    changed_.NotifyAll();
  }
  return id;
}

void Heartbeats::Remove(int64_t id) {
  std::shared_ptr<const Beat> removed;  // destroyed after the lock
  MutexLock lock(&mutex_);
  const auto due = due_.find(id);
  if (due == due_.end()) return;
  const auto beat = beats_.find(Due(due->second, id));
  if (beat != beats_.end()) {
    removed = std::move(beat->second);
    beats_.erase(beat);
  }
  due_.erase(due);
}

absl::Time Heartbeats::RunDue(absl::Time now) {
  std::vector<std::pair<int64_t, std::shared_ptr<const Beat>>> running;
  {
    MutexLock lock(&mutex_);
    while (!beats_.empty() && beats_.begin()->first.first <= now) {
      running.emplace_back(beats_.begin()->first.second, std::move(beats_.begin()->second));
      beats_.erase(beats_.begin());
    }
  }
  for (auto& [id, beat] : running) {
    const absl::Time next = (*beat)(now);
    MutexLock lock(&mutex_);
    const auto due = due_.find(id);
    if (due == due_.end()) continue;  // removed meanwhile
    due->second = next;
    beats_.emplace(Due(next, id), std::move(beat));
  }
  MutexLock lock(&mutex_);
  return beats_.empty() ? absl::InfiniteFuture() : beats_.begin()->first.first;
}

int Heartbeats::size() const {
  MutexLock lock(&mutex_);
  return static_cast<int>(due_.size());
}

void Heartbeats::Work() {
  while (true) {
    const absl::Time next = RunDue(steady_clock_->Now());
    MutexLock lock(&mutex_);
    if (stopping_) return;
    if (!poked_) changed_.WaitWithTimeout(&mutex_, next - steady_clock_->Now());
    poked_ = false;
    if (stopping_) return;
  }
}

}  // namespace atomstream
