// Which detectors a request asks for: names -> DetectorSet. Pure; any thread.
#ifndef ATOMSTREAM_SERVER_CODEC_DETECTOR_CHOICE_H_
#define ATOMSTREAM_SERVER_CODEC_DETECTOR_CHOICE_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <string>

#include "absl/status/statusor.h"
#include "server/record/detector_kind.h"

namespace atomstream {

// No names: all that are `available`. NotFound, "detectors = <name>: …", for a name that is not
// among them.
absl::StatusOr<DetectorSet> DetectorsOf(
    const google::protobuf::RepeatedPtrField<std::string>& names, DetectorSet available);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CODEC_DETECTOR_CHOICE_H_
