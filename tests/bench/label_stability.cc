#include "tests/bench/label_stability.h"

#include <cstdio>
#include <memory>

#include "absl/strings/str_format.h"
#include "core/base/status_macros.h"
#include "core/evaluate/matching.h"
#include "tests/bench/aim_tally.h"
#include "tests/bench/frame_chain.h"
#include "tests/bench/silicon_run.h"

namespace atomstream::bench {
namespace {

constexpr double kMostSwitches = 0.005;

absl::StatusOr<LabelRow> MeasureRun(const LabelStabilityOptions& o, double noise,
                                    int cluster_count) {
  SiliconRunOptions run_options;
  run_options.frames = o.frames;
  run_options.size_px = o.size_px;
  run_options.noise = noise;
  run_options.silicon_fraction = 0.01;
  run_options.path = DriftPath::kCircling;
  run_options.speed_px = o.speed_px;
  run_options.seed = o.seed;
  ASSIGN_OR_RETURN(const SiliconRun run, SiliconRun::Create(run_options));
  FrameChainOptions chain_options;
  chain_options.log_star.material = "graphene";
  chain_options.log_star.time_budget = absl::Milliseconds(o.budget_ms);
  if (cluster_count > 0) chain_options.clusters = FixedClusters(cluster_count);
  ASSIGN_OR_RETURN(const std::unique_ptr<FrameChain> chain, FrameChain::Create(chain_options));
  LabelRow row;
  row.noise = noise;
  row.cluster_count = cluster_count;
  SwitchCounter counter;
  for (int i = 0; i < o.frames; ++i) {
    ASSIGN_OR_RETURN(const SiliconFrame frame, run.At(i));
    ASSIGN_OR_RETURN(const ChainedFrame chained, chain->Next(*frame.frame));
    row.refits += i > 0 && chained.clusters.refitted;
    row.clusters = static_cast<int>(chained.clusters.clusters.size());
    std::vector<PointPx> places;
    for (const Atom& atom : chained.found.atoms) places.push_back({atom.x_px, atom.y_px});
    ASSIGN_OR_RETURN(const Matching matching,
                     MatchOneToOne(places, frame.Places(), {.radius_px = run.d_nn_px() / 2}));
    std::map<int, int> labels;
    for (const MatchedPair& pair : matching.pairs) {
      const int label = chained.clusters.labels[pair.predicted];
      if (label >= 0) labels[frame.atoms[pair.truth].id] = label;
    }
    counter.Add(labels);
  }
  row.chances = counter.chances();
  row.switch_share = counter.Share();
  return row;
}

}  // namespace

void SwitchCounter::Add(const std::map<int, int>& label_of_atom) {
  for (const auto& [atom, label] : label_of_atom) {
    const auto before = last_.find(atom);
    if (before == last_.end()) continue;
    ++chances_;
    switches_ += before->second != label;
  }
  last_ = label_of_atom;
}

std::vector<std::string> MissedAims(const LabelRow& row) {
  if (row.switch_share <= kMostSwitches) return {};
  return {absl::StrFormat(
      "noise %g, %s: %.2f %% of the labels switch > %.1f %%", row.noise,
      row.cluster_count > 0 ? absl::StrFormat("%d clusters", row.cluster_count) : "clusters by BIC",
      100 * row.switch_share, 100 * kMostSwitches)};
}

absl::Status MeasureLabelStability(const LabelStabilityOptions& o) {
  if (!o.json) {
    std::printf("%d frames of %d px a row, drift %g px a frame, 1 %% silicon, found by LoG*\n",
                o.frames, o.size_px, o.speed_px);
    std::printf("noise  asked for clusters refits  label pairs  switched\n");
  }
  AimTally tally;
  for (const double noise : o.noises) {
    for (const int count : o.cluster_counts) {
      ASSIGN_OR_RETURN(const LabelRow row, MeasureRun(o, noise, count));
      if (o.json) {
        std::printf(
            "{\"noise\": %g, \"asked_for\": %d, \"clusters\": %d, \"refits\": %d, "
            "\"pairs\": %d, \"switch_share\": %.6f}\n",
            row.noise, row.cluster_count, row.clusters, row.refits, row.chances, row.switch_share);
      } else {
        std::printf("%5g %10s %8d %6d %12d %8.3f%%\n", row.noise,
                    count > 0 ? absl::StrFormat("%d", count).c_str() : "BIC", row.clusters,
                    row.refits, row.chances, 100 * row.switch_share);
      }
      std::fflush(stdout);
      tally.Add(MissedAims(row));
    }
  }
  std::fputs(tally.Report(o.json).c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace atomstream::bench
