// SubscriberAccount: tells the log when a subscriber comes and when it goes, and how it fared:
// under which policy, how many results and gaps it was given.
//
// Owned by its reactor, which calls it under its lock or when nobody else can. The log and the
// callers outlive it.
#ifndef ATOMSTREAM_SERVER_SERVICE_SUBSCRIBER_ACCOUNT_H_
#define ATOMSTREAM_SERVER_SERVICE_SUBSCRIBER_ACCOUNT_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/hub/mailbox.h"
#include "server/service/reader_account.h"

namespace atomstream {

class SubscriberAccount {
 public:
  // Of a call that is refused: nothing is told.
  SubscriberAccount() = default;
  // As ReaderAccount.
  SubscriberAccount(const ActiveCallers* callers, const void* call, EventLog* log)
      : reader_({"subscriber", "delivery", "policy"}, callers, call, log) {}

  // `behind`: the sequence number after which it goes on or begins.
  void Join(absl::string_view policy, int64_t behind);
  // Was given to it.
  void Add(const HubEvent& event);
  // `cause`: "reader_gone", "shutdown" or "store_unavailable". As ReaderAccount.
  void Leave(absl::string_view cause, absl::Time steady_now);

 private:
  ReaderAccount reader_;
  int64_t results_ = 0;
  int64_t gaps_ = 0;
  int64_t gap_results_ = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_SUBSCRIBER_ACCOUNT_H_
