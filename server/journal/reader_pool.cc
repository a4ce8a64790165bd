#include "server/journal/reader_pool.h"

namespace atomstream {

absl::StatusOr<ReaderPool::Lease> ReaderPool::Acquire() {
  {
    MutexLock lock(&mutex_);
    while (free_.empty() && opened_ == size_) given_back_.Wait(&mutex_);
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
  given_back_.NotifyOne();
  return database.status();
}

void ReaderPool::GiveBack(std::unique_ptr<Database> database) {
  MutexLock lock(&mutex_);
  free_.push_back(std::move(database));
  given_back_.NotifyOne();
}

}  // namespace atomstream
