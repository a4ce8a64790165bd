// ReaderPool: connections that read, opened when they are first needed, so that readers wait
// neither for the writer nor, up to the pool's size, for each other. Thread-safe; every lease ends
// before the pool does.
#ifndef ATOMSTREAM_SERVER_JOURNAL_READER_POOL_H_
#define ATOMSTREAM_SERVER_JOURNAL_READER_POOL_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/mutex.h"
#include "server/journal/sqlite.h"

namespace atomstream {

class ReaderPool {
 public:
  // A connection, given back at its end.
  class Lease {
   public:
    Lease(ReaderPool* pool, std::unique_ptr<Database> database)
        : pool_(pool), database_(std::move(database)) {}
    ~Lease() {
      if (database_ != nullptr) pool_->GiveBack(std::move(database_));
    }
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;

    Database* get() const { return database_.get(); }

   private:
    ReaderPool* pool_;
    std::unique_ptr<Database> database_;
  };

  // From its construction, which waits for the leases that there are, to its end nobody reads.
  class Pause {
   public:
    explicit Pause(ReaderPool* pool) : pool_(pool) { pool_->BeginPause(); }
    ~Pause() { pool_->EndPause(); }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    ReaderPool* const pool_;
  };

  // `size` >= 1.
  ReaderPool(std::string path, int size) : path_(std::move(path)), size_(size) {}

  // Waits while all are lent, or there is a pause.
  absl::StatusOr<Lease> Acquire();

 private:
  void GiveBack(std::unique_ptr<Database> database);
  void BeginPause();
  void EndPause();

  const std::string path_;
  const int size_;

  Mutex mutex_;
  CondVar changed_;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;  // there is at most one pause
  int lent_ ABSL_GUARDED_BY(mutex_) = 0;
  int opened_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Database>> free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_READER_POOL_H_
