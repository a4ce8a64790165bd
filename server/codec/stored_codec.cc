#include "server/codec/stored_codec.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/codec/front_codec.h"
#include "server/codec/result_codec.h"

namespace atomstream {

std::string EncodeResult(const FrameRecord& record) {
  return ResultToProto(record).SerializeAsString();
}

std::string WithPosition(std::string encoded, const ResultPosition& position) {
  // Of a field that comes twice the later one counts; so nothing needs to be decoded.
  v1::FrameResult placed;
  placed.mutable_position()->set_epoch(position.epoch);
  placed.mutable_position()->set_sequence(position.sequence);
  placed.AppendToString(&encoded);
  return encoded;
}

absl::StatusOr<v1::FrameResult> DecodeResult(const StoredResult& result) {
  v1::FrameResult proto;
  if (result.lost() || !proto.ParseFromString(result.encoded)) {
    return absl::DataLossError(
        absl::StrCat("position.sequence = ", result.position.sequence, ": cannot be decoded"));
  }
  return proto;
}

absl::StatusOr<v1::FrameResult> DecodeMerged(const std::vector<StoredResultPtr>& results) {
  std::vector<v1::FrameResult> decoded;
  for (const StoredResultPtr& result : results) {
    ASSIGN_OR_RETURN(decoded.emplace_back(), DecodeResult(*result));
  }
  return MergeResults(std::move(decoded));
}

absl::Status CheckHasFront(const v1::FrameResult& result) {
  if (result.detectors_size() == 1 &&
      result.detectors(0).detector() == DetectorName(DetectorKind::kLogStar) &&
      result.detectors(0).error().empty()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("position.sequence = ", result.position().sequence(),
                   ": is no result of log_star with a front"));
}

absl::StatusOr<std::vector<FrontPoint>> DecodeFront(const StoredResult& result) {
  ASSIGN_OR_RETURN(const v1::FrameResult proto, DecodeResult(result));
  RETURN_IF_ERROR(CheckHasFront(proto));
  return FrontFromProto(proto.detectors(0).front());
}

v1::StoreStatus StoreStatusToProto(const StoreStatus& status) {
  v1::StoreStatus proto;
  proto.set_durable(status.durable);
  proto.set_recording(status.recording);
  proto.set_last_error(status.last_error);
  proto.set_results_waiting(status.results_waiting);
  proto.set_results_lost(status.results_lost);
  proto.set_bytes(status.bytes);
  proto.set_kept_frames(status.kept_frames);
  proto.set_kept_frame_bytes(status.kept_frame_bytes);
  proto.set_disk_free_bytes(status.disk_free_bytes);
  proto.set_moved_aside(status.moved_aside);
  return proto;
}

}  // namespace atomstream
