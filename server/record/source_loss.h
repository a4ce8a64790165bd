// Why a frame source was lost: goes with the UNAVAILABLE of FrameSource::Next, so that operators
// see a cable that was pulled apart from a certificate that has expired. Pure functions; any
// thread.
#ifndef ATOMSTREAM_SERVER_RECORD_SOURCE_LOSS_H_
#define ATOMSTREAM_SERVER_RECORD_SOURCE_LOSS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace atomstream {

enum class LossReason {
  kUnreachable,  // nobody answered, or there was no handshake
  kBroken,       // the stream broke off after it had begun
  kEnded,        // the microscope ended the stream
  kRefused,      // it does not accept who we are
  kInvalid,      // it does not accept what was asked for
  kOther,
};
absl::string_view LossReasonName(LossReason reason);  // "unreachable", …

// UNAVAILABLE, with the reason.
absl::Status SourceLost(LossReason reason, absl::string_view message);

// kOther: the status says nothing.
LossReason LossReasonOf(const absl::Status& status);

// Of a stream that ended with `end`; `began`: something had come of it.
LossReason LossReasonOfStream(const absl::Status& end, bool began);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_RECORD_SOURCE_LOSS_H_
