#include "client/cli/watch_account.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

absl::Status EndedError(absl::string_view epoch) {
  return absl::DataLossError(absl::StrCat("epoch ", epoch, " came back after it had ended"));
}

}  // namespace

WatchAccount::Books* WatchAccount::BooksOf(absl::string_view epoch, int64_t after) {
  if (!epochs_.empty() && epochs_.back().epoch == epoch) return &epochs_.back();
  const bool ended = std::any_of(epochs_.begin(), epochs_.end(),
                                 [epoch](const Books& books) { return books.epoch == epoch; });
  if (ended) return nullptr;
  epochs_.push_back({std::string(epoch), after + 1, after, 0, 0});
  return &epochs_.back();
}

absl::Status WatchAccount::OnLinked(absl::string_view epoch, int64_t after) {
  ++links_;
  const Books* books = BooksOf(epoch, after);
  if (books == nullptr) return EndedError(epoch);
  if (books->last != after) {
    return absl::DataLossError(absl::StrCat("results of epoch ", epoch, " go on behind ", after,
                                            " after ", books->last, " had come"));
  }
  return absl::OkStatus();
}

absl::Status WatchAccount::OnGap(absl::string_view epoch, int64_t first_sequence,
                                 int64_t last_sequence, int64_t results, bool while_away) {
  Books* books = BooksOf(epoch, first_sequence - 1);
  if (books == nullptr) return EndedError(epoch);
  const int64_t next = books->last + 1;
  const bool in_place = all_detectors_ ? first_sequence == next : first_sequence >= next;
  if (!in_place || last_sequence < first_sequence) {
    return absl::DataLossError(absl::StrCat("a gap from ", first_sequence, " to ", last_sequence,
                                            " was declared where ", next, " comes next"));
  }
  const int64_t lost = results > 0 ? results : last_sequence - first_sequence + 1;
  (while_away ? lost_while_away_ : lost_in_gaps_) += lost;
  books->lost += lost;
  books->last = last_sequence;
  return absl::OkStatus();
}

absl::Status WatchAccount::OnResult(absl::string_view epoch, int64_t sequence) {
  if (epochs_.empty()) return absl::DataLossError("a result came before the run's description");
  Books& books = epochs_.back();
  const int64_t next = books.last + 1;
  if (epoch != books.epoch) {
    return absl::DataLossError(
        absl::StrCat("result ", sequence, " is of epoch ", epoch, ", the run of ", books.epoch));
  }
  if (all_detectors_ && sequence > next) {
    return absl::DataLossError(absl::StrCat("results ", next, " to ", sequence - 1,
                                            " are missing and no gap was declared"));
  }
  if (sequence < next) {
    return absl::DataLossError(absl::StrCat("result ", sequence, " came where ", next,
                                            " comes next: repeated or out of order"));
  }
  books.last = sequence;
  ++books.received;
  ++results_;
  return absl::OkStatus();
}

}  // namespace atomstream
