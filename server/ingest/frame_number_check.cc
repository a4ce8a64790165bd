#include "server/ingest/frame_number_check.h"

#include "absl/strings/str_cat.h"

namespace atomstream {

absl::Status FrameNumberCheck::Check(int64_t number) {
  if (!last_taken_ || number > *last_taken_) {
    last_taken_ = number;
    refused_rising_ = 0;
    return absl::OkStatus();
  }
  refused_rising_ = refused_rising_ > 0 && number > last_refused_ ? refused_rising_ + 1 : 1;
  last_refused_ = number;
  if (refused_rising_ > kRestartRun) {
    last_taken_ = number;
    refused_rising_ = 0;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "frame_number = ", number, ": must rise; the last frame taken is number ", *last_taken_));
}

void FrameNumberCheck::Reset() {
  last_taken_.reset();
  refused_rising_ = 0;
}

}  // namespace atomstream
