#include "server/metrics/structure_metrics.h"

namespace atomstream {
namespace {

constexpr const char* kRefitReasons[] = {"first", "options", "likelihood", "residual"};
constexpr const char* kSiteKinds[] = {"unknown",   "bulk",     "dopant", "vacancy_neighbour",
                                      "hole_edge", "odd_ring", "vacancy"};

}  // namespace

StructureMetrics::StructureMetrics(MetricRegistry& registry, const std::string& detector) {
  for (const char* reason : kRefitReasons) {
    refits_[reason] = registry.AddCounter("atomstream_cluster_fits_total",
                                          {{"detector", detector}, {"reason", reason}});
  }
  clusters_failed = registry.AddCounter("atomstream_structure_failed_total",
                                        {{"detector", detector}, {"part", "clusters"}});
  sites_failed = registry.AddCounter("atomstream_structure_failed_total",
                                     {{"detector", detector}, {"part", "structure"}});
  clusters = registry.AddGauge("atomstream_clusters", {{"detector", detector}});
  explained_variance =
      registry.AddGauge("atomstream_explained_variance_ratio", {{"detector", detector}});
  for (const char* kind : kSiteKinds) {
    sites_[kind] = registry.AddGauge("atomstream_sites", {{"detector", detector}, {"kind", kind}});
  }
}

Counter* StructureMetrics::Refits(absl::string_view reason) const {
  return refits_.at(std::string(reason));
}

Gauge* StructureMetrics::Sites(absl::string_view kind) const {
  return sites_.at(std::string(kind));
}

}  // namespace atomstream
