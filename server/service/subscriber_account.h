// SubscriberAccount: tells the log when a subscriber comes and when it goes, and how it fared: who,
// from where, under which policy, how many results and gaps it was given.
//
// Owned by its reactor, which calls it under its lock or when nobody else can. The log and the
// callers outlive it.
#ifndef ATOMSTREAM_SERVER_SERVICE_SUBSCRIBER_ACCOUNT_H_
#define ATOMSTREAM_SERVER_SERVICE_SUBSCRIBER_ACCOUNT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/hub/mailbox.h"
#include "server/log/event_log.h"
#include "server/security/active_callers.h"

namespace atomstream {

class SubscriberAccount {
 public:
  // Of a call that is refused: nothing is told.
  SubscriberAccount() = default;
  // `call`: its context. `log` null: nothing is told.
  SubscriberAccount(const ActiveCallers* callers, const void* call, EventLog* log)
      : callers_(callers), context_(call), call_(callers->Get(call)), log_(log) {}

  // `behind`: the sequence number after which it goes on or begins.
  void Join(absl::string_view policy, int64_t behind);
  // Was given to it.
  void Add(const HubEvent& event);
  // `cause`: "reader_gone", "shutdown" or "store_unavailable"; a reader that seems gone because the
  // call was ended from outside is told as "refused". While the call is still one of the active
  // ones. Nothing if it never joined.
  void Leave(absl::string_view cause, absl::Time steady_now);

 private:
  const ActiveCallers* const callers_ = nullptr;
  const void* const context_ = nullptr;
  const ActiveCall call_;  // as it began
  EventLog* const log_ = nullptr;
  std::string policy_;  // empty: did not join
  int64_t results_ = 0;
  int64_t gaps_ = 0;
  int64_t gap_results_ = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_SUBSCRIBER_ACCOUNT_H_
