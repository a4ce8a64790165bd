#include "tests/bench/target_accuracy.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "core/base/status_macros.h"
#include "core/target/site_tracker.h"
#include "core/target/target_tracker.h"
#include "tests/bench/aim_tally.h"
#include "tests/bench/dopant_recall.h"
#include "tests/bench/frame_chain.h"
#include "tests/bench/statistics.h"

namespace atomstream::bench {
namespace {

constexpr double kLargestError = 0.3;  // standard deviations of an atom, median

// Follows the targets of one run and keeps the account.
class Account {
 public:
  Account(const SiliconRun& run, int sure_frames)
      : reach_px_(run.d_nn_px()), sure_frames_(sure_frames) {}

  // The true atoms of the newest frame. Targets of the frame before are visited now, where the
  // drift takes them: the beam comes one frame after what it was aimed by.
  void Visit(const std::vector<KnownAtom>& now, TargetRow& row) const {
    for (const auto& [id, target] : targets_) {
      if (target.frames_doubtful > 0 || target.frames_sure < sure_frames_) continue;
      const auto intended = atom_of_.find(id);
      const PointPx beam{target.where.x_px + target.drift_x_px,
                         target.where.y_px + target.drift_y_px};
      // A place that left the frame is not visited.
      if (beam.x_px < 0 || beam.y_px < 0 || beam.x_px > width_px_ - 1 ||
          beam.y_px > height_px_ - 1) {
        continue;
      }
      ++row.visits;
      const int hit = NearestAtom(now, beam, reach_px_);
      row.wrong_site += hit < 0 || now[hit].id != intended->second;
      row.not_silicon += !silicon_.at(id);
    }
  }

  void Take(const TargetUpdate& update, const std::vector<KnownAtom>& now, TargetRow& row) {
    width_px_ = update.frame.width_px;
    height_px_ = update.frame.height_px;
    for (const Withdrawal& withdrawal : update.withdrawn) {
      ++row.withdrawn[std::string(WithdrawalReasonName(withdrawal.reason))];
    }
    targets_.clear();
    for (const Target& target : update.targets) {
      const int64_t id = target.where.id;
      const PointPx place{target.where.x_px, target.where.y_px};
      targets_[id] = target;
      if (!atom_of_.contains(id)) {
        // The atom that the target was made for: it is to stay that one.
        const int atom = NearestAtom(now, place, reach_px_ / 2);
        atom_of_[id] = atom < 0 ? -1 : now[atom].id;
        silicon_[id] = atom >= 0 && now[atom].silicon;
        ++row.targets;
      }
      for (const KnownAtom& atom : now) {
        if (atom.id != atom_of_[id]) continue;
        errors_px_.push_back(
            std::hypot(atom.place.x_px - place.x_px, atom.place.y_px - place.y_px));
      }
    }
  }

  const std::vector<double>& errors_px() const { return errors_px_; }

 private:
  const double reach_px_;
  const int sure_frames_;
  int width_px_ = 0, height_px_ = 0;
  std::map<int64_t, Target> targets_;
  std::map<int64_t, int> atom_of_;
  std::map<int64_t, bool> silicon_;
  std::vector<double> errors_px_;
};

Condition Where(const TargetAccuracyOptions& o, const ChainedFrame& first) {
  if (o.criteria == "cluster") return {ClusterIn{BrightClusters(first.clusters.clusters)}};
  if (o.criteria == "any") {
    const double side = o.size_px;
    return {InRectangle{0.4 * side, 0.4 * side, 0.6 * side, 0.6 * side}};
  }
  return {KindIn{{"dopant"}}};
}

absl::StatusOr<TargetRow> MeasureRun(const TargetAccuracyOptions& o, DriftPath path,
                                     double speed_px) {
  SiliconRunOptions run_options;
  run_options.frames = o.frames;
  run_options.size_px = o.size_px;
  run_options.noise = o.noise;
  run_options.silicon_fraction = o.silicon_fraction;
  run_options.path = path;
  run_options.speed_px = speed_px;
  run_options.seed = o.seed;
  ASSIGN_OR_RETURN(const SiliconRun run, SiliconRun::Create(run_options));
  FrameChainOptions chain_options;
  chain_options.log_star.material = "graphene";
  chain_options.log_star.time_budget = absl::Milliseconds(o.budget_ms);
  ASSIGN_OR_RETURN(const std::unique_ptr<FrameChain> chain, FrameChain::Create(chain_options));
  TargetRow row;
  row.path = path;
  row.speed_px = speed_px;
  row.frames = o.frames;
  row.atom_sigma_px = run.atom_sigma_px();
  SiteTracker sites{SiteTrackerOptions()};
  std::unique_ptr<TargetTracker> targets;
  Account account(run, o.sure_frames);
  for (int i = 0; i < o.frames; ++i) {
    ASSIGN_OR_RETURN(SiliconFrame frame, run.At(i));
    account.Visit(frame.atoms, row);
    ASSIGN_OR_RETURN(const ChainedFrame chained, chain->Next(*frame.frame));
    std::optional<FrameDrift> drift;
    if (chained.drift.has_value()) {
      drift = {i - 1, *chained.drift};
      if (chained.drift->state != DriftState::kMeasured) {
        ++row.unmeasured;
      } else {
        const PointPx step = run.StepInto(i);
        row.drift_error_px =
            std::max(row.drift_error_px,
                     std::hypot(chained.drift->x_px - step.x_px, chained.drift->y_px - step.y_px));
      }
    }
    if (targets == nullptr) {
      Criteria criteria;
      criteria.where = Where(o, chained);
      criteria.max_count = 1000;
      targets = std::make_unique<TargetTracker>(std::move(criteria), o.patience_frames);
    }
    TargetFrame target_frame;
    target_frame.epoch = "bench";
    target_frame.frame_id = frame.frame->metadata().id;
    target_frame.sequence = i;
    target_frame.width_px = frame.frame->width();
    target_frame.height_px = frame.frame->height();
    target_frame.pixel_size_nm = frame.frame->metadata().pixel_size_nm;
    target_frame.d_nn_px = chained.found.lattice.d_nn_px;
    RETURN_IF_ERROR(sites.Observe(target_frame, chained.Sites(), drift));
    CriteriaContext known;
    known.kinds = {"dopant"};
    for (const Cluster& cluster : chained.clusters.clusters) known.clusters.push_back(cluster.id);
    ASSIGN_OR_RETURN(const TargetUpdate update, targets->Update(sites, known));
    account.Take(update, frame.atoms, row);
  }
  if (account.errors_px().empty()) return absl::InternalError("no target was ever found");
  row.error_px = QuantileOf(account.errors_px(), 0.5);
  row.error_99_px = QuantileOf(account.errors_px(), 0.99);
  return row;
}

void PrintRow(const TargetRow& row, bool json) {
  if (json) {
    const std::string withdrawn =
        absl::StrJoin(row.withdrawn, ", ", [](std::string* out, const auto& entry) {
          absl::StrAppend(out, "\"", entry.first, "\": ", entry.second);
        });
    std::printf(
        "{\"path\": \"%s\", \"drift_px\": %g, \"frames\": %d, \"targets\": %d, \"error_px\": %.4f, "
        "\"error_99_px\": %.4f, \"atom_sigma_px\": %.4f, \"drift_error_px\": %.4f, "
        "\"unmeasured\": %d, \"visits\": %d, \"wrong_site\": %d, \"not_silicon\": %d, "
        "\"withdrawn\": {%s}}\n",
        std::string(DriftPathName(row.path)).c_str(), row.speed_px, row.frames, row.targets,
        row.error_px, row.error_99_px, row.atom_sigma_px, row.drift_error_px, row.unmeasured,
        row.visits, row.wrong_site, row.not_silicon, withdrawn.c_str());
  } else {
    std::printf("%-10s %5g %7d %7.3f %7.3f %7.3f %6d %7d %6d %6d  %s\n",
                std::string(DriftPathName(row.path)).c_str(), row.speed_px, row.targets,
                row.error_px / row.atom_sigma_px, row.error_99_px / row.atom_sigma_px,
                row.drift_error_px, row.unmeasured, row.visits, row.wrong_site, row.not_silicon,
                absl::StrJoin(row.withdrawn, ", ", absl::PairFormatter(": ")).c_str());
  }
  std::fflush(stdout);
}

}  // namespace

int NearestAtom(const std::vector<KnownAtom>& atoms, const PointPx& place, double reach_px) {
  int nearest = -1;
  double least = reach_px;
  for (size_t i = 0; i < atoms.size(); ++i) {
    const double distance =
        std::hypot(atoms[i].place.x_px - place.x_px, atoms[i].place.y_px - place.y_px);
    if (distance > least) continue;
    least = distance;
    nearest = static_cast<int>(i);
  }
  return nearest;
}

std::vector<std::string> MissedAims(const TargetRow& row) {
  std::vector<std::string> missed;
  const auto miss = [&](const std::string& what) {
    missed.push_back(
        absl::StrFormat("%s, drift %g px: %s", DriftPathName(row.path), row.speed_px, what));
  };
  if (row.error_px > kLargestError * row.atom_sigma_px) {
    miss(absl::StrFormat("median error %.3f px > %.1f x %.2f px", row.error_px, kLargestError,
                         row.atom_sigma_px));
  }
  if (row.wrong_site > 0) {
    miss(absl::StrFormat("%d of %d visits at a wrong site", row.wrong_site, row.visits));
  }
  return missed;
}

absl::Status MeasureTargetAccuracy(const TargetAccuracyOptions& o) {
  if (!o.json) {
    std::printf("%d frames of %d px a row, noise %g, %.1f %% silicon, found by LoG*; targets: %s\n",
                o.frames, o.size_px, o.noise, 100 * o.silicon_fraction, o.criteria.c_str());
    std::printf(
        "              a     ids   error of place      largest  frames          wrong not     "
        "withdrawn\n"
        "path       frame   given  median     99 %%   drift e.  w/o d.  visits site   silicon\n");
  }
  AimTally tally;
  for (const DriftPath path : o.paths) {
    for (const double speed : o.speeds_px) {
      ASSIGN_OR_RETURN(const TargetRow row, MeasureRun(o, path, speed));
      PrintRow(row, o.json);
      tally.Add(MissedAims(row));
    }
  }
  std::fputs(tally.Report(o.json).c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace atomstream::bench
