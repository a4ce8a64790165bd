// WatcherAccount: tells the log when a watcher of targets comes and when it goes, and how it fared,
// as SubscriberAccount does of subscribers: who, from where, for which selection, how many updates
// it was given and how many frames it was too slow for.
//
// Owned by its reactor, which calls it under its lock or when nobody else can. The log and the
// callers outlive it.
#ifndef ATOMSTREAM_SERVER_SERVICE_WATCHER_ACCOUNT_H_
#define ATOMSTREAM_SERVER_SERVICE_WATCHER_ACCOUNT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/log/event_log.h"
#include "server/security/active_callers.h"
#include "server/targeting/scene.h"

namespace atomstream {

class WatcherAccount {
 public:
  // Of a call that is refused: nothing is told.
  WatcherAccount() = default;
  // `call`: its context. `log` null: nothing is told.
  WatcherAccount(const ActiveCallers* callers, const void* call, EventLog* log)
      : callers_(callers), context_(call), call_(callers->Get(call)), log_(log) {}

  void Join(absl::string_view selection_id);
  // Was given to it.
  void Add(const SelectionUpdate& update);
  // `cause`: "reader_gone" or "shutdown"; a reader that seems gone because the call was ended from
  // outside is told as "refused". While the call is still one of the active ones. Nothing if it
  // never joined.
  void Leave(absl::string_view cause, absl::Time steady_now);

 private:
  const ActiveCallers* const callers_ = nullptr;
  const void* const context_ = nullptr;
  const ActiveCall call_;  // as it began
  EventLog* const log_ = nullptr;
  std::string selection_id_;  // empty: did not join
  int64_t updates_ = 0;
  int64_t frames_skipped_ = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_WATCHER_ACCOUNT_H_
