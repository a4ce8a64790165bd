#include "server/targeting/beam_guard.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr LogFields kBeam = {.component = "beam"};

}  // namespace

absl::Status BeamGuard::Place(const ScanPoint& place, absl::Duration dwell, absl::Duration timeout,
                              std::stop_token cancel) {
  const bool was_safe = safe_.exchange(false);
  absl::Status status = CatchToStatus(
      "the beam", [&] { return beam_.Place(place, dwell, timeout, std::move(cancel)); });
  const bool refused = absl::IsInvalidArgument(status) || absl::IsUnimplemented(status);
  if (refused) {
    safe_ = was_safe;
  } else {
    placed_ = true;
  }
  return status;
}

absl::Status BeamGuard::Blank(int attempts) {
  absl::Status status;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (attempt > 0) wait_.WaitFor(NextWait());
    status = CatchToStatus("the beam", [&] { return beam_.Blank(kBlankTimeout); });
    if (status.ok()) {
      metrics_.beam_blanks->Increment();
      if (failing_) {
        log_.Write(LogLevel::kInfo, "the beam is blanked again", kBeam);
      }
      failing_ = false;
      metrics_.beam_blank_failing->Set(0);
      wait_time_ = kFirstBlankWait;
      safe_ = true;
      return status;
    }
    metrics_.beam_blank_failures->Increment();
  }
  if (!failing_) {
    log_.Write(
        LogLevel::kWarning,
        absl::StrCat("THE BEAM MAY BE ON: it could not be blanked in ", attempts, " attempts (",
                     status.ToString(), "); trying on, and no visits are accepted until it is"),
        kBeam);
  }
  failing_ = true;
  metrics_.beam_blank_failing->Set(1);
  return status;
}

absl::Duration BeamGuard::NextWait() {
  return std::exchange(wait_time_, std::min(wait_time_ * 2, kLongestBlankWait));
}

}  // namespace atomstream
