#include "tests/bench/stage_costs.h"

#include <cstdio>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/base/status_macros.h"
#include "core/target/site_tracker.h"
#include "core/target/target_tracker.h"
#include "tests/bench/aim_tally.h"
#include "tests/bench/cpu_clock.h"
#include "tests/bench/frame_chain.h"
#include "tests/bench/silicon_run.h"
#include "tests/bench/statistics.h"

namespace atomstream::bench {
namespace {

constexpr double kMostOfLogStar = 0.1;
// In the order in which a frame meets them; "log_star" is what the others are held against.
constexpr const char* kStages[] = {"normalise", "clusters", "site kinds", "drift view",
                                   "drift",     "observe",  "targets"};

// What "log_star" is made of.
constexpr const char* kLogStarParts[] = {"of it: normalise",  "of it: lattice",
                                         "of it: preprocess", "of it: scale space",
                                         "of it: optimise",   "of it: detect, keep"};

using Times = std::map<std::string, std::vector<double>>;

// Every atom of one kind is a target, so that the trackers have work.
class Tracking {
 public:
  absl::Status Next(const Frame& frame, ChainedFrame& chained) {
    TargetFrame target_frame;
    target_frame.epoch = "stage-costs";
    target_frame.frame_id = frame.metadata().id;
    target_frame.sequence = ++sequence_;
    target_frame.width_px = frame.width();
    target_frame.height_px = frame.height();
    target_frame.pixel_size_nm = frame.metadata().pixel_size_nm;
    target_frame.d_nn_px = chained.found.lattice.d_nn_px;
    std::optional<FrameDrift> drift;
    if (chained.drift.has_value()) drift = {sequence_ - 1, *chained.drift};
    std::vector<Site> sites = chained.Sites();
    const CpuClock clock;
    absl::Time start = clock.Now();
    RETURN_IF_ERROR(tracker_.Observe(target_frame, std::move(sites), drift));
    chained.milliseconds["observe"] = absl::ToDoubleMilliseconds(clock.Now() - start);
    CriteriaContext known;
    known.kinds = {"bulk", "dopant", "vacancy_neighbour"};
    start = clock.Now();
    RETURN_IF_ERROR(targets_.Update(tracker_, known).status());
    chained.milliseconds["targets"] = absl::ToDoubleMilliseconds(clock.Now() - start);
    return absl::OkStatus();
  }

 private:
  SiteTracker tracker_{SiteTrackerOptions()};
  TargetTracker targets_{
      Criteria{.where = {KindIn{{"dopant", "vacancy_neighbour"}}}, .max_count = 1000}, 3};
  int64_t sequence_ = 0;
};

}  // namespace

std::vector<std::string> MissedAims(const StageCost& cost) {
  if (cost.share <= kMostOfLogStar) return {};
  return {absl::StrFormat("%s takes %.1f %% of LoG*'s time > %.0f %%", cost.stage, 100 * cost.share,
                          100 * kMostOfLogStar)};
}

absl::Status MeasureStageCosts(const StageCostOptions& o) {
  SiliconRunOptions run_options;
  run_options.frames = o.frames;
  run_options.noise = o.noise;
  run_options.speed_px = 2;
  ASSIGN_OR_RETURN(const SiliconRun run, SiliconRun::Create(run_options));
  FrameChainOptions chain_options;
  chain_options.log_star.material = "graphene";
  chain_options.log_star.time_budget = absl::Milliseconds(o.budget_ms);
  ASSIGN_OR_RETURN(const std::unique_ptr<FrameChain> chain, FrameChain::Create(chain_options));
  Tracking tracking;
  Times times;
  int atoms = 0, refits = 0;
  for (int i = 0; i < o.frames; ++i) {
    ASSIGN_OR_RETURN(const SiliconFrame next, run.At(i));
    ASSIGN_OR_RETURN(ChainedFrame chained, chain->Next(*next.frame));
    RETURN_IF_ERROR(tracking.Next(*next.frame, chained));
    atoms = static_cast<int>(chained.found.atoms.size());
    // The first frame fits clusters and has no drift; frames like it are rare.
    if (chained.clusters.refitted) ++refits;
    if (chained.clusters.refitted || !chained.drift.has_value()) continue;
    for (const auto& [stage, milliseconds] : chained.milliseconds) {
      times[stage].push_back(milliseconds);
    }
  }
  const std::vector<double>& log_star = times["log_star"];
  if (log_star.empty()) return absl::InternalError("no frame was clustered by a kept model");
  const auto cost_of = [&](const char* stage) -> StageCost {
    const std::vector<double>& of_stage = times[stage];
    std::vector<double> shares;
    for (size_t i = 0; i < of_stage.size(); ++i) shares.push_back(of_stage[i] / log_star[i]);
    return {stage, QuartilesOf(of_stage).median, QuartilesOf(shares).median};
  };
  std::vector<StageCost> costs, parts;
  for (const char* stage : kStages) costs.push_back(cost_of(stage));
  for (const char* part : kLogStarParts) parts.push_back(cost_of(part));
  const double whole = QuartilesOf(log_star).median;
  if (o.json) {
    for (const StageCost& cost : costs) {
      std::printf("{\"stage\": \"%s\", \"ms\": %.4f, \"share_of_log_star\": %.5f}\n",
                  cost.stage.c_str(), cost.milliseconds, cost.share);
    }
    for (const StageCost& part : parts) {
      std::printf("{\"stage\": \"log_star, %s\", \"ms\": %.4f, \"share_of_log_star\": %.5f}\n",
                  part.stage.c_str(), part.milliseconds, part.share);
    }
    std::printf("{\"stage\": \"log_star\", \"ms\": %.4f, \"share_of_log_star\": 1}\n", whole);
  } else {
    std::printf("%zu frames of 512 px, %d atoms, noise %g, %d fits of clusters left out\n",
                log_star.size(), atoms, o.noise, refits);
    std::printf("%-20s %10s %16s\n", "processor time", "ms", "% of LoG*");
    for (const StageCost& cost : costs) {
      std::printf("%-20s %10.3f %15.2f%%\n", cost.stage.c_str(), cost.milliseconds,
                  100 * cost.share);
    }
    std::printf("%-20s %10.3f %15.2f%%  budget %g ms\n", "LoG*, whole", whole, 100.0, o.budget_ms);
    for (const StageCost& part : parts) {
      std::printf("  %-18s %10.3f %15.2f%%\n", part.stage.c_str(), part.milliseconds,
                  100 * part.share);
    }
  }
  AimTally tally;
  for (const StageCost& cost : costs) tally.Add(MissedAims(cost));
  std::fputs(tally.Report(o.json).c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace atomstream::bench
