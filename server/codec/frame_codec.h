// Frames between the contract and the core: proto atomstream.v1.Frame <-> Frame. Pure functions;
// any thread.
#ifndef ATOMSTREAM_SERVER_CODEC_FRAME_CODEC_H_
#define ATOMSTREAM_SERVER_CODEC_FRAME_CODEC_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "atomstream/v1/frame.pb.h"
#include "core/image/frame.h"

namespace atomstream {

// `fallback_id` names the frame when the message does not; it must not be empty.
// InvalidArgument reads "<field> = <value>: why" or "<field>: why" with the proto's field name:
// what Frame::Create refuses, unknown pixel type, frame id of more than 128 bytes, unusable time,
// ground truth lists of different lengths. A missing pixel size is worked out from
// field_of_view_nm.
absl::StatusOr<std::shared_ptr<const Frame>> FrameFromProto(const v1::Frame& proto,
                                                            absl::string_view fallback_id);

// In the frame's own pixel type, with its truth (species are not kept in a Frame: all are 0).
v1::Frame FrameToProto(const Frame& frame);

// The same for clients, who are not told the truth.
v1::Frame FrameWithoutTruthToProto(const Frame& frame);

// Only what the source said about the frame: no size, no pixels, no truth.
v1::Frame FrameMetadataToProto(const Frame& frame);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CODEC_FRAME_CODEC_H_
