// Between results as they are stored (StoredResult::encoded) and the contract. Pure functions; any
// thread. What cannot be decoded is DataLoss and names the sequence.
#ifndef ATOMSTREAM_SERVER_CODEC_STORED_CODEC_H_
#define ATOMSTREAM_SERVER_CODEC_STORED_CODEC_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "atomstream/v1/analysis.pb.h"
#include "atomstream/v1/result.pb.h"
#include "detectors/log_star/log_star_result.h"
#include "server/store/result_store.h"
#include "server/store/stored_result.h"

namespace atomstream {

// The daemon's ResultEncoder.
std::string EncodeResult(const FrameRecord& record);

// The daemon's ResultPlacer.
std::string WithPosition(std::string encoded, const ResultPosition& position);

// With all parts.
absl::StatusOr<v1::FrameResult> DecodeResult(const StoredResult& result);

// The results of one frame, as MergedToProto. `results` is not empty.
absl::StatusOr<v1::FrameResult> DecodeMerged(const std::vector<StoredResultPtr>& results);

// The front that LoG* found. InvalidArgument: the result is not LoG*'s, or LoG* failed.
absl::StatusOr<std::vector<FrontPoint>> DecodeFront(const StoredResult& result);

v1::StoreStatus StoreStatusToProto(const StoreStatus& status);

// Whether a result is LoG*'s and has a front; InvalidArgument names its sequence.
absl::Status CheckHasFront(const v1::FrameResult& result);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CODEC_STORED_CODEC_H_
