#include "server/journal/reader_pool.h"

namespace atomstream {

absl::StatusOr<ReaderPool::Lease> ReaderPool::Acquire() {
  {
    MutexLock lock(&mutex_);
    while (paused_ || (free_.empty() && opened_ == size_)) changed_.Wait(&mutex_);
    ++lent_;
    if (!free_.empty()) {
      std::unique_ptr<Database> database = std::move(free_.back());
      free_.pop_back();
      return Lease(this, std::move(database));
    }
    ++opened_;
  }
  auto database = Database::Open(path_, Database::Mode::kRead);
  if (database.ok()) return Lease(this, *std::move(database));
  MutexLock lock(&mutex_);
  --opened_;
  --lent_;
  changed_.NotifyAll();
  return database.status();
}

void ReaderPool::GiveBack(std::unique_ptr<Database> database) {
  MutexLock lock(&mutex_);
  free_.push_back(std::move(database));
  --lent_;
  changed_.NotifyAll();
}

void ReaderPool::BeginPause() {
  MutexLock lock(&mutex_);
  paused_ = true;
  while (lent_ > 0) changed_.Wait(&mutex_);
}

void ReaderPool::EndPause() {
  MutexLock lock(&mutex_);
  paused_ = false;
  changed_.NotifyAll();
}

}  // namespace atomstream
