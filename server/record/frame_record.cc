#include "server/record/frame_record.h"

namespace atomstream {

absl::string_view FrameOriginName(FrameOrigin origin) {
  return origin == FrameOrigin::kSource ? "source" : "analyze";
}

std::vector<StageTime> StagesOf(const LogStarTimings& timings) {
  return {{"normalise", timings.normalise},   {"lattice", timings.lattice},
          {"preprocess", timings.preprocess}, {"scale_space", timings.scale_space},
          {"optimise", timings.optimise},     {"detect", timings.detect}};
}

}  // namespace atomstream
