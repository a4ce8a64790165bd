#include "server/record/frame_record.h"

#include <algorithm>
#include <utility>

namespace atomstream {

absl::string_view FrameOriginName(FrameOrigin origin) {
  return origin == FrameOrigin::kSource ? "source" : "analyze";
}

DetectorRecord FailedDetector(DetectorKind kind, absl::Status status) {
  DetectorRecord record;
  record.status = std::move(status);
  if (kind == DetectorKind::kUnet) record.result.emplace<UnetResult>();
  return record;
}

void SetPosition(FrameRecord& record, ResultPosition position) {
  for (DetectorSummary& detector : record.summary) {
    if (detector.kind == record.detector.kind()) detector.sequence = position.sequence;
  }
  record.position = std::move(position);
}

bool AnyPending(const std::vector<DetectorSummary>& summary) {
  return std::any_of(summary.begin(), summary.end(), [](const DetectorSummary& detector) {
    return detector.state == DetectorState::kPending;
  });
}

std::vector<StageTime> StagesOf(const LogStarTimings& timings) {
  return {{"normalise", timings.normalise},   {"lattice", timings.lattice},
          {"preprocess", timings.preprocess}, {"scale_space", timings.scale_space},
          {"optimise", timings.optimise},     {"detect", timings.detect}};
}

std::vector<StageTime> StagesOf(const UnetTimings& timings) {
  return {{"normalise", timings.normalise}, {"lattice", timings.lattice},
          {"rescale", timings.rescale},     {"transfer", timings.transfer},
          {"compute", timings.compute},     {"locate", timings.locate}};
}

std::vector<StageTime> StagesOf(const StructureRecord& structure) {
  return {{"clusters", structure.clusters_time}, {"structure", structure.sites_time}};
}

}  // namespace atomstream
