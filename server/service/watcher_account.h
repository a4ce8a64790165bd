// WatcherAccount: tells the log when a watcher of targets comes and when it goes, and how it fared:
// for which selection, how many updates it was given and how many frames it was too slow for.
//
// Owned by its reactor, which calls it under its lock or when nobody else can. The log and the
// callers outlive it.
#ifndef ATOMSTREAM_SERVER_SERVICE_WATCHER_ACCOUNT_H_
#define ATOMSTREAM_SERVER_SERVICE_WATCHER_ACCOUNT_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/service/reader_account.h"
#include "server/targeting/scene.h"

namespace atomstream {

class WatcherAccount {
 public:
  // Of a call that is refused: nothing is told.
  WatcherAccount() = default;
  // As ReaderAccount.
  WatcherAccount(const ActiveCallers* callers, const void* call, EventLog* log)
      : reader_({"watcher", "targeting", "selection_id"}, callers, call, log) {}

  void Join(absl::string_view selection_id);
  // Was given to it.
  void Add(const SelectionUpdate& update);
  // `cause`: "reader_gone" or "shutdown". As ReaderAccount.
  void Leave(absl::string_view cause, absl::Time steady_now);

 private:
  ReaderAccount reader_;
  int64_t updates_ = 0;
  int64_t frames_skipped_ = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_WATCHER_ACCOUNT_H_
