#include "tests/bench/dopant_recall.h"

#include <algorithm>
#include <cmath>
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

// Atoms whose centre lies nearer to the edge show by halves, and have no name of their own.
constexpr double kBorderDnn = 0.5;

// Counts for one name. `named` says of each detected atom whether it has the name, `partner` which
// true atom it is (-1: none).
NameCounts CountName(const SiliconFrame& frame, const std::vector<Atom>& atoms,
                     const std::vector<int>& partner, const std::vector<bool>& named,
                     double border_px) {
  MatchOptions inside;
  inside.border_px = border_px;
  inside.width_px = frame.frame->width();
  inside.height_px = frame.frame->height();
  NameCounts counts;
  for (const KnownAtom& atom : frame.atoms) {
    if (atom.silicon && IsCounted(atom.place, inside)) ++counts.silicon;
  }
  for (size_t i = 0; i < atoms.size(); ++i) {
    if (!named[i]) continue;
    const bool silicon = partner[i] >= 0 && frame.atoms[partner[i]].silicon;
    const PointPx place =
        partner[i] >= 0 ? frame.atoms[partner[i]].place : PointPx{atoms[i].x_px, atoms[i].y_px};
    if (!IsCounted(place, inside)) continue;
    ++(silicon ? counts.found : counts.wrong);
  }
  return counts;
}

absl::StatusOr<DopantRow> MeasureFrame(const DopantRecallOptions& o, double noise, uint64_t seed) {
  SiliconRunOptions run_options;
  run_options.size_px = o.size_px;
  run_options.pixel_size_nm = o.pixel_size_nm;
  run_options.noise = noise;
  run_options.silicon_fraction = o.silicon_fraction;
  run_options.seed = seed;
  ASSIGN_OR_RETURN(const SiliconRun run, SiliconRun::Create(run_options));
  ASSIGN_OR_RETURN(const SiliconFrame frame, run.At(0));
  FrameChainOptions chain_options;
  chain_options.log_star.material = "graphene";
  chain_options.log_star.time_budget = absl::Milliseconds(o.budget_ms);
  chain_options.clusters = o.clusters;
  ASSIGN_OR_RETURN(const std::unique_ptr<FrameChain> chain, FrameChain::Create(chain_options));
  ASSIGN_OR_RETURN(const ChainedFrame chained, chain->Next(*frame.frame));
  const std::vector<Atom>& atoms = chained.found.atoms;

  std::vector<PointPx> places;
  for (const Atom& atom : atoms) places.push_back({atom.x_px, atom.y_px});
  ASSIGN_OR_RETURN(const Matching matching,
                   MatchOneToOne(places, frame.Places(), {.radius_px = run.d_nn_px() / 2}));
  std::vector<int> partner(atoms.size(), -1);
  for (const MatchedPair& pair : matching.pairs) partner[pair.predicted] = pair.truth;

  DopantRow row;
  row.noise = noise;
  for (const int missed : matching.unmatched_truth) row.undetected += frame.atoms[missed].silicon;
  std::vector<bool> dopant(atoms.size()), bright(atoms.size());
  const std::vector<int> ids = BrightClusters(chained.clusters.clusters);
  for (size_t i = 0; i < atoms.size(); ++i) {
    dopant[i] = chained.surroundings.sites[i].kind == SiteKind::kDopant;
    bright[i] = std::binary_search(ids.begin(), ids.end(), chained.clusters.labels[i]);
  }
  row.by_kind = CountName(frame, atoms, partner, dopant, kBorderDnn * run.d_nn_px());
  // Nearer to the edge an atom has no descriptor; a pixel for the difference between found and true
  // places.
  row.by_cluster =
      CountName(frame, atoms, partner, bright, o.clusters.patch_side_d_nn / 2 * run.d_nn_px() + 1);
  return row;
}

void PrintRow(const DopantRow& row, bool json) {
  const NameCounts& kind = row.by_kind;
  const NameCounts& cluster = row.by_cluster;
  std::printf(
      json ? "{\"noise\": %g, \"undetected\": %d, \"kind_silicon\": %d, \"kind_recall\": %.4f, "
             "\"kind_precision\": %.4f, \"cluster_silicon\": %d, \"cluster_recall\": %.4f, "
             "\"cluster_precision\": %.4f}\n"
           : "%5g %10d | %7d %7.4f %9.4f | %7d %7.4f %9.4f\n",
      row.noise, row.undetected, kind.silicon, kind.Recall(), kind.Precision(), cluster.silicon,
      cluster.Recall(), cluster.Precision());
  std::fflush(stdout);
}

}  // namespace

void NameCounts::Add(const NameCounts& other) {
  silicon += other.silicon;
  found += other.found;
  wrong += other.wrong;
}

std::vector<int> BrightClusters(const std::vector<Cluster>& clusters) {
  const Cluster* brightest = nullptr;
  const Cluster* largest = nullptr;
  for (const Cluster& cluster : clusters) {
    if (cluster.size == 0) continue;
    if (brightest == nullptr || cluster.mean_intensity > brightest->mean_intensity) {
      brightest = &cluster;
    }
    if (largest == nullptr || cluster.size > largest->size) largest = &cluster;
  }
  if (brightest == nullptr) return {};
  std::vector<int> ids;
  const double middle = (brightest->mean_intensity + largest->mean_intensity) / 2;
  for (const Cluster& cluster : clusters) {
    if (&cluster == brightest || (cluster.size > 0 && cluster.mean_intensity > middle)) {
      ids.push_back(cluster.id);
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<std::string> MissedAims(const DopantRow& row) {
  if (row.noise > 0.4 + 1e-9) return {};
  const double aim = row.noise <= 0.2 + 1e-9 ? 0.99 : 0.95;
  if (std::max(row.by_kind.Recall(), row.by_cluster.Recall()) >= aim) return {};
  return {absl::StrFormat("noise %g: recall of silicon %.4f by kind, %.4f by cluster < %.2f",
                          row.noise, row.by_kind.Recall(), row.by_cluster.Recall(), aim)};
}

absl::Status MeasureDopantRecall(const DopantRecallOptions& o) {
  if (!o.json) {
    std::printf("%d frames of %d px a row, %g nm/px, %.1f %% silicon, found by LoG*\n", o.seeds,
                o.size_px, o.pixel_size_nm, 100 * o.silicon_fraction);
    std::printf("                 | kind \"dopant\"            | bright clusters\n");
    std::printf("noise undetected | silicon  recall precision | silicon  recall precision\n");
  }
  AimTally tally;
  for (const double noise : o.noises) {
    DopantRow row;
    row.noise = noise;
    for (int i = 0; i < o.seeds; ++i) {
      ASSIGN_OR_RETURN(const DopantRow frame, MeasureFrame(o, noise, o.first_seed + i));
      row.undetected += frame.undetected;
      row.by_kind.Add(frame.by_kind);
      row.by_cluster.Add(frame.by_cluster);
    }
    PrintRow(row, o.json);
    tally.Add(MissedAims(row));
  }
  std::fputs(tally.Report(o.json).c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace atomstream::bench
