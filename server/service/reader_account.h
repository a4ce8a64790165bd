// ReaderAccount: tells the log when the reader of a stream comes and when it goes: who, from where,
// what it reads, how it fared. SubscriberAccount and WatcherAccount count for it.
//
// Owned by one of these. The log and the callers outlive it. Not thread-safe.
#ifndef ATOMSTREAM_SERVER_SERVICE_READER_ACCOUNT_H_
#define ATOMSTREAM_SERVER_SERVICE_READER_ACCOUNT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/log/event_log.h"
#include "server/security/active_callers.h"

namespace atomstream {

// Texts of ours that live for ever.
struct ReaderWords {
  absl::string_view reader;     // "subscriber": begins the lines
  absl::string_view component;  // of the daemon, as in LogFields
  absl::string_view reads;      // the field that says what it reads: "policy"
};

class ReaderAccount {
 public:
  // Of a call that is refused: nothing is told.
  ReaderAccount() = default;
  // `call`: its context. `log` null: nothing is told.
  ReaderAccount(ReaderWords words, const ActiveCallers* callers, const void* call, EventLog* log)
      : words_(words), callers_(callers), context_(call), call_(callers->Get(call)), log_(log) {}

  // `what`: it reads, not empty. `more`: stands at the end of the line.
  void Join(absl::string_view what, absl::Span<const LogField> more);
  // `cause`: "reader_gone" and others; a reader that seems gone because the call was ended from
  // outside is told as "refused". `counts`: how it fared. While the call is still one of the active
  // ones. Nothing if it never joined.
  void Leave(absl::string_view cause, absl::Time steady_now, absl::Span<const LogField> counts);

 private:
  void Write(absl::string_view event, absl::Span<const LogField> fields) const;

  const ReaderWords words_ = {};
  const ActiveCallers* const callers_ = nullptr;
  const void* const context_ = nullptr;
  const ActiveCall call_ = {};  // as it began
  EventLog* const log_ = nullptr;
  std::string what_;  // empty: did not join
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_READER_ACCOUNT_H_
