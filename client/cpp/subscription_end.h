// JudgeEnd: what the end of a subscription means to one who wants every result. Free of calls and
// time. Any thread.
#ifndef ATOMSTREAM_CLIENT_CPP_SUBSCRIPTION_END_H_
#define ATOMSTREAM_CLIENT_CPP_SUBSCRIPTION_END_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "atomstream/v1/result.pb.h"

namespace atomstream {

struct SubscriptionEnd {
  enum class Kind {
    kLost,          // the link, or the daemon for a while: try again
    kBusy,          // the daemon takes this call again after `wait`
    kEpochChanged,  // the position is of another epoch than `epoch`
    kNotKept,       // results of `epoch` behind the position, up to `last_gone`, are no longer kept
    kFinal,         // `status` would come again
  };

  Kind kind = Kind::kFinal;
  absl::Status status;
  absl::Duration wait;
  std::string epoch;
  int64_t last_gone = 0;
};

// `status`: of a ServerStream, not OK. `position`: behind which the next subscription goes on; its
// epoch empty: the beginning, whichever the epoch is.
SubscriptionEnd JudgeEnd(const absl::Status& status,
                         const std::optional<v1::ResultPosition>& position);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_SUBSCRIPTION_END_H_
