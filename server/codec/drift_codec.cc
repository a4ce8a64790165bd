#include "server/codec/drift_codec.h"

namespace atomstream {

v1::DriftState DriftStateToProto(DriftState state) {
  switch (state) {
    case DriftState::kMeasured:
      return v1::DRIFT_STATE_MEASURED;
    case DriftState::kAmbiguous:
      return v1::DRIFT_STATE_AMBIGUOUS;
    case DriftState::kLost:
      return v1::DRIFT_STATE_LOST;
  }
  return v1::DRIFT_STATE_UNSPECIFIED;
}

v1::Drift DriftToProto(const DriftRecord& drift) {
  const DriftEstimate& estimate = drift.estimate;
  v1::Drift proto;
  proto.set_state(DriftStateToProto(estimate.state));
  proto.set_earlier_sequence(drift.earlier_sequence);
  proto.set_x_px(estimate.x_px);
  proto.set_y_px(estimate.y_px);
  proto.set_uncertainty_px(estimate.uncertainty_px);
  proto.set_quality(estimate.quality);
  return proto;
}

}  // namespace atomstream
