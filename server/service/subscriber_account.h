// SubscriberAccount: tells the log when a subscriber comes and when it goes, and how it fared: who,
// from where, under which policy, how many results and gaps it was given.
//
// Owned by its reactor, which calls it under its lock or when nobody else can. The log outlives it.
#ifndef ATOMSTREAM_SERVER_SERVICE_SUBSCRIBER_ACCOUNT_H_
#define ATOMSTREAM_SERVER_SERVICE_SUBSCRIBER_ACCOUNT_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/hub/mailbox.h"
#include "server/log/event_log.h"
#include "server/security/active_callers.h"

namespace atomstream {

class SubscriberAccount {
 public:
  // `log` null: nothing is told.
  SubscriberAccount(ActiveCall call, EventLog* log) : call_(std::move(call)), log_(log) {}

  // `behind`: the sequence number after which it goes on or begins.
  void Join(absl::string_view policy, int64_t behind);
  // Was given to it.
  void Add(const HubEvent& event);
  // `cause`: "reader_gone", "shutdown" or "store_unavailable". Nothing if it never joined.
  void Leave(absl::string_view cause, absl::Time steady_now);

 private:
  const ActiveCall call_;
  EventLog* const log_;
  std::string policy_;  // empty: did not join
  int64_t results_ = 0;
  int64_t gaps_ = 0;
  int64_t gap_results_ = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_SUBSCRIBER_ACCOUNT_H_
