// Which field an INVALID_ARGUMENT is about.
//
// Refusals all over the project read "<field> = <value>: why" or "<field>: why"; this takes the
// field and the value out again, for error details and for metric labels.
#ifndef ATOMSTREAM_SERVER_RECORD_INVALID_FIELD_H_
#define ATOMSTREAM_SERVER_RECORD_INVALID_FIELD_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace atomstream {

struct InvalidField {
  std::string field;  // empty: the message names none
  std::string value;  // empty: the message states none
};

InvalidField InvalidFieldOf(const absl::Status& status);

// A label from a small fixed set, so that a broken source cannot grow the metrics: "size",
// "pixels", "pixel_type", "pixel_size", "frame_id", "other".
absl::string_view InvalidReason(const absl::Status& status);

// Which frame a refusal is about, for the log: kept beside the message, in a payload.
void SetRefusedFrame(absl::string_view frame_id, absl::Status& status);
std::string RefusedFrameOf(const absl::Status& status);  // empty: it does not say

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_RECORD_INVALID_FIELD_H_
