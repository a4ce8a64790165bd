// Drift on its way into the contract: DriftRecord -> proto atomstream.v1.Drift. Pure functions; any
// thread.
#ifndef ATOMSTREAM_SERVER_CODEC_DRIFT_CODEC_H_
#define ATOMSTREAM_SERVER_CODEC_DRIFT_CODEC_H_

#include "atomstream/v1/result.pb.h"
#include "server/record/frame_record.h"

namespace atomstream {

v1::DriftState DriftStateToProto(DriftState state);
v1::Drift DriftToProto(const DriftRecord& drift);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CODEC_DRIFT_CODEC_H_
