// LatticeMetrics: what one detector's results say about the lattice of their frames, and their
// remarks. Part of DaemonMetrics; the pointers stay valid as long as the registry. Updates come
// from any thread.
#ifndef ATOMSTREAM_SERVER_METRICS_LATTICE_METRICS_H_
#define ATOMSTREAM_SERVER_METRICS_LATTICE_METRICS_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "server/metrics/metric.h"

namespace atomstream {

struct LatticeMetrics {
  LatticeMetrics() = default;
  LatticeMetrics(MetricRegistry& registry, const std::string& detector);

  // The pixel size measured from the newest result's lattice over the stated one, less 1; NaN:
  // either is unknown.
  Gauge* disagreement = nullptr;
  // Frames with this remark (LogStarResult::flags, UnetResult::flags); one that is not known here
  // counts as "other".
  Counter* Flagged(absl::string_view flag) const;

 private:
  std::map<std::string, Counter*> flagged_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_LATTICE_METRICS_H_
