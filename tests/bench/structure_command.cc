#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "tests/bench/cluster_speed.h"
#include "tests/bench/commands.h"
#include "tests/bench/dopant_recall.h"
#include "tests/bench/flags.h"
#include "tests/bench/frame_chain.h"
#include "tests/bench/label_stability.h"
#include "tests/bench/stage_costs.h"

namespace atomstream::bench {
namespace {

constexpr const char* kParts[] = {"clusters", "dopants", "labels", "costs"};

}  // namespace

absl::Status RunStructure(const Arguments& arguments) {
  Flags flags(arguments, {"no-reference"});
  const std::vector<std::string> parts = flags.TextList("parts", "clusters,dopants,labels,costs");
  const bool json = flags.Choice("format", {"text", "json"}, "text") == "json";
  ClusterSpeedOptions speed;
  speed.size_px = flags.Integer("size", speed.size_px);
  speed.repeats = flags.Integer("repeats", speed.repeats);
  speed.with_reference = !flags.Switch("no-reference");
  speed.python = flags.Text("python", "");
  speed.json = json;
  DopantRecallOptions dopants;
  dopants.noises = flags.NumberList("dopant-noise", "0,0.1,0.2,0.3,0.4");
  dopants.seeds = flags.Integer("seeds", dopants.seeds);
  dopants.first_seed =
      static_cast<uint64_t>(flags.Integer("first-seed", static_cast<int>(dopants.first_seed)));
  dopants.silicon_fraction = flags.Number("silicon", dopants.silicon_fraction);
  dopants.pixel_size_nm = flags.Number("pixel-size", dopants.pixel_size_nm);
  dopants.budget_ms = flags.Number("dopant-budget-ms", dopants.budget_ms);
  const int fixed = flags.Integer("clusters", 0);
  if (fixed > 0) dopants.clusters = FixedClusters(fixed);
  dopants.json = json;
  LabelStabilityOptions labels;
  labels.noises = flags.NumberList("label-noise", "0.2,0.3");
  labels.frames = flags.Integer("label-frames", labels.frames);
  labels.speed_px = flags.Number("label-drift", labels.speed_px);
  labels.size_px = flags.Integer("label-size", labels.size_px);
  labels.seed = static_cast<uint64_t>(flags.Integer("label-seed", 1));
  labels.cluster_counts.clear();
  for (const double count : flags.NumberList("label-clusters", "3,0")) {
    labels.cluster_counts.push_back(static_cast<int>(count));
  }
  labels.json = json;
  StageCostOptions costs;
  costs.frames = flags.Integer("cost-frames", costs.frames);
  costs.noise = flags.Number("cost-noise", costs.noise);
  costs.budget_ms = labels.budget_ms = flags.Number("budget-ms", costs.budget_ms);
  costs.json = json;
  RETURN_IF_ERROR(flags.Finish(0));
  for (const std::string& part : parts) {
    if (std::find(std::begin(kParts), std::end(kParts), part) == std::end(kParts)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--parts: \"", part, "\" is none of clusters, dopants, labels, costs"));
    }
  }
  const std::pair<const char*, int> least[] = {{"repeats", speed.repeats},
                                               {"seeds", dopants.seeds},
                                               {"label-frames", labels.frames - 1},
                                               {"cost-frames", costs.frames - 1}};
  for (const auto& [name, value] : least) {
    if (value < 1) return absl::InvalidArgumentError(absl::StrCat("--", name, ": is too small"));
  }
  for (const int count : labels.cluster_counts) {
    if (count < 0 || count > 16) {
      return absl::InvalidArgumentError(
          absl::StrCat("--label-clusters: ", count, " must be in [0, 16]"));
    }
  }
  const auto wanted = [&](const char* part) {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  };
  if (wanted("clusters")) RETURN_IF_ERROR(MeasureClusterSpeed(speed));
  if (wanted("dopants")) RETURN_IF_ERROR(MeasureDopantRecall(dopants));
  if (wanted("labels")) RETURN_IF_ERROR(MeasureLabelStability(labels));
  if (wanted("costs")) RETURN_IF_ERROR(MeasureStageCosts(costs));
  return absl::OkStatus();
}

}  // namespace atomstream::bench
