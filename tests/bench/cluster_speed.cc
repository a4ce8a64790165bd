#include "tests/bench/cluster_speed.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/base/status_macros.h"
#include "core/image/normalise.h"
#include "core/structure/cluster_atoms.h"
#include "core/structure/descriptors.h"
#include "tests/bench/aim_tally.h"
#include "tests/bench/cpu_clock.h"
#include "tests/bench/frame_chain.h"
#include "tests/bench/silicon_run.h"
#include "tests/bench/sklearn_reference.h"

namespace atomstream::bench {
namespace {

constexpr double kMostMilliseconds = 20;
constexpr double kLeastRatio = 10;

// What is clustered: a frame with atoms at their true places, since the time does not depend on how
// they were found.
struct Sheet {
  Image image;
  std::vector<Atom> atoms;
  double d_nn_px = 0;
};

absl::StatusOr<Sheet> MakeSheet(const ClusterSpeedOptions& o) {
  SiliconRunOptions options;
  options.size_px = o.size_px;
  options.noise = o.noise;
  ASSIGN_OR_RETURN(const SiliconRun run, SiliconRun::Create(options));
  ASSIGN_OR_RETURN(const SiliconFrame frame, run.At(0));
  Sheet sheet;
  sheet.image = Normalise(frame.frame->image()).unclipped;
  sheet.d_nn_px = run.d_nn_px();
  for (const KnownAtom& atom : frame.atoms) {
    sheet.atoms.push_back({static_cast<float>(atom.place.x_px), static_cast<float>(atom.place.y_px),
                           static_cast<float>(0.3 * run.d_nn_px()), 1, 1});
  }
  return sheet;
}

// The best time of `repeats` calls, and the last result.
absl::StatusOr<std::pair<double, ClusterResult>> Time(
    const Sheet& sheet, const ClusterOptions& options,
    const std::shared_ptr<const ClusterModel>& model, int repeats) {
  double best = std::numeric_limits<double>::infinity();
  std::optional<ClusterResult> last;
  for (int i = 0; i < repeats; ++i) {
    const CpuClock clock;
    const absl::Time start = clock.Now();
    ASSIGN_OR_RETURN(ClusterResult result,
                     ClusterAtoms(sheet.image, sheet.atoms, sheet.d_nn_px, options, model));
    best = std::min(best, absl::ToDoubleMilliseconds(clock.Now() - start));
    last = std::move(result);
  }
  return std::pair{best, *std::move(last)};
}

// What scikit-learn is given: the descriptors as our principal components see them.
absl::StatusOr<SklearnRequest> MakeRequest(const Sheet& sheet, const ClusterOptions& options,
                                           const ClusterResult& result) {
  ASSIGN_OR_RETURN(
      const Descriptors descriptors,
      ExtractDescriptors(sheet.image, sheet.atoms, sheet.d_nn_px,
                         {options.patch_side_d_nn, options.patch_grid, options.patch_taper_d_nn}));
  SklearnRequest request;
  request.descriptors =
      (descriptors.patches.array().rowwise() * descriptors.weight.transpose().array()).matrix();
  for (const int atom : descriptors.atoms) request.labels.push_back(result.labels[atom]);
  request.components = options.principal_components;
  request.clusters = static_cast<int>(result.clusters.size());
  return request;
}

void PrintRow(const ClusterSpeedRow& row, bool json) {
  if (json) {
    std::printf(
        "{\"clusters\": %d, \"atoms\": %d, \"warm_ms\": %.4f, \"cold_ms\": %.4f, "
        "\"sklearn_fit_ms\": %.4f, \"sklearn_apply_ms\": %.4f, \"adjusted_rand_index\": %.5f}\n",
        row.clusters, row.atoms, row.warm_ms, row.cold_ms, row.sklearn_fit_ms, row.sklearn_apply_ms,
        row.adjusted_rand_index);
    return;
  }
  std::printf("%8d %6d %9.2f %9.2f", row.clusters, row.atoms, row.warm_ms, row.cold_ms);
  if (row.sklearn_fit_ms > 0) {
    std::printf(" %9.2f %9.2f %7.1fx %7.1fx %7.1fx %9.4f", row.sklearn_fit_ms, row.sklearn_apply_ms,
                row.sklearn_fit_ms / row.warm_ms, row.sklearn_apply_ms / row.warm_ms,
                row.sklearn_fit_ms / row.cold_ms, row.adjusted_rand_index);
  }
  std::printf("\n");
}

}  // namespace

std::vector<std::string> MissedAims(const ClusterSpeedRow& row) {
  std::vector<std::string> missed;
  if (row.warm_ms > kMostMilliseconds) {
    missed.push_back(absl::StrFormat("%d atoms, %d clusters: %.1f ms with a kept model > %.0f ms",
                                     row.atoms, row.clusters, row.warm_ms, kMostMilliseconds));
  }
  if (row.sklearn_fit_ms > 0 && row.sklearn_fit_ms < kLeastRatio * row.warm_ms) {
    missed.push_back(
        absl::StrFormat("%d atoms, %d clusters: %.1f times as fast as scikit-learn < "
                        "%.0f",
                        row.atoms, row.clusters, row.sklearn_fit_ms / row.warm_ms, kLeastRatio));
  }
  return missed;
}

absl::Status MeasureClusterSpeed(const ClusterSpeedOptions& o) {
  ASSIGN_OR_RETURN(const Sheet sheet, MakeSheet(o));
  if (!o.json) {
    std::printf(
        "processor time, best of %d, one thread; sklearn: PCA and GaussianMixture, from nothing "
        "and kept\n",
        o.repeats);
    std::printf(
        "clusters  atoms   kept ms   fit ms   sklearn's: fit   kept | fit/kept kept/kept fit/fit"
        "  Rand index\n");
  }
  AimTally tally;
  absl::Status reference;
  for (const int count : o.cluster_counts) {
    const ClusterOptions options = FixedClusters(count);
    ASSIGN_OR_RETURN(const auto cold, Time(sheet, options, nullptr, o.repeats));
    const ClusterResult& fitted = cold.second;
    if (fitted.next_model == nullptr) return absl::InternalError(fitted.detail);
    ASSIGN_OR_RETURN(const auto warm, Time(sheet, options, fitted.next_model, o.repeats));
    ClusterSpeedRow row;
    row.clusters = count;
    row.atoms = fitted.clustered;
    row.cold_ms = cold.first;
    row.warm_ms = warm.first;
    if (o.with_reference && reference.ok()) {
      ASSIGN_OR_RETURN(SklearnRequest request, MakeRequest(sheet, options, fitted));
      request.python = o.python;
      request.repeats = o.repeats;
      const absl::StatusOr<SklearnReply> reply = RunSklearn(request);
      reference = reply.status();
      if (reply.ok()) {
        row.sklearn_fit_ms = reply->fit_ms;
        row.sklearn_apply_ms = reply->apply_ms;
        row.adjusted_rand_index = reply->adjusted_rand_index;
      }
    }
    PrintRow(row, o.json);
    tally.Add(MissedAims(row));
  }
  std::fputs(tally.Report(o.json).c_str(), stdout);
  if (reference.ok()) return absl::OkStatus();
  std::fprintf(stderr, "no reference times: %s\n", std::string(reference.message()).c_str());
  return absl::IsUnavailable(reference) ? absl::OkStatus() : reference;
}

}  // namespace atomstream::bench
