// WatchAccount: the books of a subscriber, an epoch at a time. Every result number behind the
// beginning must arrive or be declared lost; anything else is an error. A subscriber that chose
// detectors is not told of the others' results: then numbers must only rise. Not thread-safe.
#ifndef ATOMSTREAM_CLIENT_CLI_WATCH_ACCOUNT_H_
#define ATOMSTREAM_CLIENT_CLI_WATCH_ACCOUNT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace atomstream {

class WatchAccount {
 public:
  // One epoch's. Of all detectors last - first + 1 = received + lost.
  struct Books {
    std::string epoch;
    int64_t first = 0;  // number that the books begin with
    int64_t last = 0;   // that they have come to; first - 1: none yet
    int64_t received = 0;
    int64_t lost = 0;
  };

  explicit WatchAccount(bool all_detectors = true) : all_detectors_(all_detectors) {}

  // A link came about, and results of this epoch go on behind `after`. DataLoss if the books of the
  // epoch are elsewhere, or the epoch ended before.
  absl::Status OnLinked(absl::string_view epoch, int64_t after);

  // DataLoss says which numbers are missing, repeated or out of order.
  // `results`: lost ones in the gap; 0: all of its numbers. `while_away`: they were lost because
  // there was no link for too long. A gap may come before the first link.
  absl::Status OnGap(absl::string_view epoch, int64_t first_sequence, int64_t last_sequence,
                     int64_t results = 0, bool while_away = false);
  absl::Status OnResult(absl::string_view epoch, int64_t sequence);

  // All epochs together.
  int64_t results() const { return results_; }
  int64_t lost_in_gaps() const { return lost_in_gaps_; }
  int64_t lost_while_away() const { return lost_while_away_; }
  int64_t links() const { return links_; }
  bool all_detectors() const { return all_detectors_; }

  // In their order. Never empty after the first link.
  const std::vector<Books>& epochs() const { return epochs_; }

 private:
  // The books of the epoch, begun behind `after` if it is a new one; null: it ended before.
  Books* BooksOf(absl::string_view epoch, int64_t after);

  const bool all_detectors_;
  std::vector<Books> epochs_;  // the last is the present one
  int64_t results_ = 0;
  int64_t lost_in_gaps_ = 0;
  int64_t lost_while_away_ = 0;
  int64_t links_ = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_WATCH_ACCOUNT_H_
