// WatchAccount: the books of a subscriber. Every result number of an epoch must arrive, be declared
// lost by a gap, or lie before the start of a subscription; anything else is an error of the
// daemon. A subscriber that chose detectors is not told of the others' results: then numbers must
// only rise. Not thread-safe.
#ifndef ATOMSTREAM_CLIENT_CLI_WATCH_ACCOUNT_H_
#define ATOMSTREAM_CLIENT_CLI_WATCH_ACCOUNT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace atomstream {

class WatchAccount {
 public:
  explicit WatchAccount(bool all_detectors = true) : all_detectors_(all_detectors) {}

  // The first message of a subscription: results up to `newest_sequence` were published before it.
  // What was published since the subscription before is counted as lost while away, of all
  // detectors. DataLoss if the history of the epoch became shorter.
  absl::Status OnRun(absl::string_view epoch, int64_t newest_sequence);

  // DataLoss says which numbers are missing, repeated or out of order.
  // `results`: lost ones in the gap; 0: all of its numbers.
  absl::Status OnGap(int64_t first_sequence, int64_t last_sequence, int64_t results = 0);
  absl::Status OnResult(absl::string_view epoch, int64_t sequence);

  int64_t results() const { return results_; }
  int64_t lost_in_gaps() const { return lost_in_gaps_; }
  int64_t lost_while_away() const { return lost_while_away_; }
  int64_t subscriptions() const { return subscriptions_; }

 private:
  const bool all_detectors_;
  std::string epoch_;
  int64_t expected_ = 0;  // the next number; meaningful once there was a run
  int64_t results_ = 0;
  int64_t lost_in_gaps_ = 0;
  int64_t lost_while_away_ = 0;
  int64_t subscriptions_ = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_WATCH_ACCOUNT_H_
