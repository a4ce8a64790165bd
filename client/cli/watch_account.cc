#include "client/cli/watch_account.h"

#include "absl/strings/str_cat.h"

namespace atomstream {

absl::Status WatchAccount::OnRun(absl::string_view epoch, int64_t newest_sequence) {
  ++subscriptions_;
  if (subscriptions_ > 1 && epoch == epoch_) {
    if (newest_sequence < expected_ - 1) {
      return absl::DataLossError(absl::StrCat("the newest result of epoch ", epoch, " is ",
                                              newest_sequence, " after ", expected_ - 1,
                                              " had arrived"));
    }
    lost_while_away_ += newest_sequence - (expected_ - 1);
  }
  epoch_ = std::string(epoch);
  expected_ = newest_sequence + 1;
  return absl::OkStatus();
}

absl::Status WatchAccount::OnGap(int64_t first_sequence, int64_t last_sequence, int64_t results) {
  if (subscriptions_ == 0) return absl::DataLossError("a gap came before the run's description");
  const bool in_place = all_detectors_ ? first_sequence == expected_ : first_sequence >= expected_;
  if (!in_place || last_sequence < first_sequence) {
    return absl::DataLossError(absl::StrCat("a gap from ", first_sequence, " to ", last_sequence,
                                            " was declared where ", expected_, " comes next"));
  }
  lost_in_gaps_ += results > 0 ? results : last_sequence - first_sequence + 1;
  expected_ = last_sequence + 1;
  return absl::OkStatus();
}

absl::Status WatchAccount::OnResult(absl::string_view epoch, int64_t sequence) {
  if (subscriptions_ == 0) return absl::DataLossError("a result came before the run's description");
  if (epoch != epoch_) {
    return absl::DataLossError(
        absl::StrCat("result ", sequence, " is of epoch ", epoch, ", the run of ", epoch_));
  }
  if (all_detectors_ && sequence > expected_) {
    return absl::DataLossError(absl::StrCat("results ", expected_, " to ", sequence - 1,
                                            " are missing and no gap was declared"));
  }
  if (sequence < expected_) {
    return absl::DataLossError(absl::StrCat("result ", sequence, " came where ", expected_,
                                            " comes next: repeated or out of order"));
  }
  expected_ = sequence + 1;
  ++results_;
  return absl::OkStatus();
}

}  // namespace atomstream
