#include "server/metrics/lattice_metrics.h"

#include <limits>

namespace atomstream {
namespace {

constexpr const char* kFlags[] = {"constant_frame", "no_lattice", "metadata_disagrees", "other"};
constexpr const char* kLogStarFlags[] = {"no_material"};
constexpr const char* kUnetFlags[] = {"scale_limited", "lattice_filtered", "smaller_tiles",
                                      "fell_back_to_cpu"};

}  // namespace

LatticeMetrics::LatticeMetrics(MetricRegistry& registry, const std::string& detector) {
  disagreement =
      registry.AddGauge("atomstream_lattice_disagreement_ratio", {{"detector", detector}});
  disagreement->Set(std::numeric_limits<double>::quiet_NaN());
  const auto add = [&](const char* flag) {
    flagged_[flag] = registry.AddCounter("atomstream_frames_flagged_total",
                                         {{"detector", detector}, {"flag", flag}});
  };
  for (const char* flag : kFlags) add(flag);
  if (detector == "log_star") {
    for (const char* flag : kLogStarFlags) add(flag);
  } else {
    for (const char* flag : kUnetFlags) add(flag);
  }
}

Counter* LatticeMetrics::Flagged(absl::string_view flag) const {
  const auto found = flagged_.find(std::string(flag));
  return found != flagged_.end() ? found->second : flagged_.at("other");
}

}  // namespace atomstream
