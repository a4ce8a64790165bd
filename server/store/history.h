// History: the daemon's store of results, in memory or on disk as the options say, and the thread
// that keeps up the one on disk.
//
// Owned by the daemon; Start and Shutdown belong to its thread; the rest may be used by any.
#ifndef ATOMSTREAM_SERVER_STORE_HISTORY_H_
#define ATOMSTREAM_SERVER_STORE_HISTORY_H_

#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "core/base/interruptible_wait.h"
#include "server/store/history_options.h"
#include "server/store/journal_store.h"
#include "server/store/memory_store.h"
#include "server/store/result_store.h"
#include "server/store/store_keeper.h"

namespace atomstream {

class History {
 public:
  // `opened` is given if and only if options.path is not empty.
  History(const HistoryOptions& options, std::optional<OpenedJournal> opened,
          JournalStoreDependencies dependencies);

  void Start();

  // When nobody appends any more: writes what waits, as far as `deadline`, on the steady clock,
  // allows. Again: no effect.
  void Shutdown(absl::Time deadline);

  // As JournalStore::ShowAge; in memory nothing waits.
  void ShowAge() {
    if (on_disk_ != nullptr) on_disk_->ShowAge();
  }

  // How much is kept from now on; `options` of the same path. What is too much on disk goes within
  // seconds. Any thread; never waits for the disk.
  void SetBounds(const HistoryOptions& options);

  ResultStore& store() { return *store_; }
  Journal* journal() { return on_disk_ == nullptr ? nullptr : on_disk_->journal(); }  // or null

 private:
  std::unique_ptr<ResultStore> store_;
  JournalStore* on_disk_ = nullptr;  // store_ is one of these
  MemoryStore* in_memory_ = nullptr;
  RealWait wait_;
  std::unique_ptr<StoreKeeper> keeper_;  // with on_disk_
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_HISTORY_H_
