// Targets and visits on their way into the contract. Pure functions; any thread.
#ifndef ATOMSTREAM_SERVER_CODEC_TARGET_CODEC_H_
#define ATOMSTREAM_SERVER_CODEC_TARGET_CODEC_H_

#include <functional>

#include "absl/time/time.h"
#include "atomstream/v1/targeting.pb.h"
#include "core/target/visit_ledger.h"
#include "server/targeting/scene.h"

namespace atomstream {

// What the targets' age and dose are asked of.
struct TargetContext {
  absl::Time now;
  absl::Time steady_now;
  std::function<double(int64_t id)> site_dose_s;
};

v1::SelectTargetsResponse SelectResponseOf(const SelectionUpdate& update,
                                           const TargetContext& context);
v1::WatchTargetsResponse WatchResponseOf(const SelectionUpdate& update,
                                         const TargetContext& context);

v1::Visit VisitToProto(const Visit& visit);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CODEC_TARGET_CODEC_H_
