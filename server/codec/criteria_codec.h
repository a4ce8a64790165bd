// Criteria on their way out of the contract: proto atomstream.v1.Criteria -> Criteria. Pure
// functions; any thread.
#ifndef ATOMSTREAM_SERVER_CODEC_CRITERIA_CODEC_H_
#define ATOMSTREAM_SERVER_CODEC_CRITERIA_CODEC_H_

#include <optional>

#include "absl/status/statusor.h"
#include "atomstream/v1/targeting.pb.h"
#include "core/target/criteria.h"

namespace atomstream {

struct CriteriaRequest {
  Criteria criteria;
  std::optional<int> patience_frames;  // unset: as configured
};

// What can be said without a frame; CheckCriteria does the rest, with the same paths.
// InvalidArgument reads "criteria.where.all_of[1].coordination.min = -1: why": a condition that is
// not set, a unit, kind or order that is not known, a whole number that is none, too many levels of
// conditions (no deeper message is looked into), patience_frames out of range.
absl::StatusOr<CriteriaRequest> CriteriaFromProto(const v1::Criteria& proto);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CODEC_CRITERIA_CODEC_H_
