// StructureMetrics: the metrics of one detector's clusters and site kinds. Part of DaemonMetrics;
// the pointers stay valid as long as the registry. Updates come from any thread.
#ifndef ATOMSTREAM_SERVER_METRICS_STRUCTURE_METRICS_H_
#define ATOMSTREAM_SERVER_METRICS_STRUCTURE_METRICS_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "server/metrics/metric.h"

namespace atomstream {

struct StructureMetrics {
  StructureMetrics() = default;
  StructureMetrics(MetricRegistry& registry, const std::string& detector);

  // Fits of a model that is kept, by ClusterResult::refit_reason.
  Counter* Refits(absl::string_view reason) const;
  Counter* clusters_failed = nullptr;
  Counter* sites_failed = nullptr;
  // Of the newest result.
  Gauge* clusters = nullptr;
  Gauge* explained_variance = nullptr;         // share, by all principal components together
  Gauge* Sites(absl::string_view kind) const;  // atoms of a kind, as SiteKindName

 private:
  std::map<std::string, Counter*> refits_;
  std::map<std::string, Gauge*> sites_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_METRICS_STRUCTURE_METRICS_H_
