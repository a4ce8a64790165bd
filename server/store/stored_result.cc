#include "server/store/stored_result.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <variant>

#include "absl/time/time.h"

namespace atomstream {
namespace {

std::string Bounded(const std::string& text) { return text.substr(0, EntryKey::kMaxTextBytes); }

// The times that an entry may have; a frame may say any.
absl::Time Bounded(absl::Time time) {
  return std::clamp(time, absl::FromUnixNanos(std::numeric_limits<int64_t>::min()),
                    absl::FromUnixNanos(std::numeric_limits<int64_t>::max()));
}

std::optional<double> IfFinite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

// The first of the frame's results that this one knows of; 0: it is the first itself.
int64_t AnalysisStart(const FrameRecord& record) {
  int64_t first = 0;
  for (const DetectorSummary& detector : record.summary) {
    if (detector.kind == record.detector.kind() || detector.sequence == 0) continue;
    first = first == 0 ? detector.sequence : std::min(first, detector.sequence);
  }
  return first;
}

}  // namespace

EntryKey KeyOf(const FrameRecord& record) {
  const DetectorRecord& detector = record.detector;
  EntryKey key;
  key.frame_id = Bounded(record.frame_id);
  key.frame_number = record.frame_number;
  key.acquisition_time = Bounded(record.acquisition_time);
  key.result_time = Bounded(record.result_time);
  key.detector = std::string(DetectorName(detector.kind()));
  key.origin = std::string(FrameOriginName(record.origin));
  key.frame_sha256 = record.frame_sha256;
  key.ok = detector.status.ok();
  key.analysis_start = AnalysisStart(record);
  if (record.evaluation) key.f1 = IfFinite(record.evaluation->f1);
  if (!key.ok) return key;
  key.material = Bounded(
      std::visit([](const auto& result) { return result.lattice.material; }, detector.result));
  key.atom_count = static_cast<int64_t>(detector.atoms().size());
  const LogStarResult* log_star = std::get_if<LogStarResult>(&detector.result);
  if (log_star == nullptr || log_star->chosen < 0) return key;
  key.qc = IfFinite(log_star->qc);
  key.er = IfFinite(log_star->er);
  return key;
}

void KeepNewestOfEachDetector(std::vector<StoredResultPtr>& results) {
  const auto is_superseded = [&](const StoredResultPtr& result) {
    return std::any_of(results.begin(), results.end(), [&](const StoredResultPtr& other) {
      return other->key.detector == result->key.detector &&
             other->position.sequence > result->position.sequence;
    });
  };
  std::vector<StoredResultPtr> newest;
  for (const StoredResultPtr& result : results) {
    if (!is_superseded(result)) newest.push_back(result);
  }
  results = std::move(newest);
}

}  // namespace atomstream
