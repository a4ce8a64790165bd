#include "server/structure/structure_stage.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/image/normalise.h"
#include "core/structure/cluster_atoms.h"

namespace atomstream {
namespace {

const LatticeSummary& LatticeOf(const DetectorRecord& detector) {
  return std::visit([](const auto& result) -> const LatticeSummary& { return result.lattice; },
                    detector.result);
}

// Labels of atoms that were not clustered.
ClusterResult NoClusters(size_t atoms, absl::string_view reason, std::string detail) {
  ClusterResult result;
  result.labels.assign(atoms, -1);
  result.probability.assign(atoms, 0);
  result.empty_reason = std::string(reason);
  result.detail = std::move(detail);
  return result;
}

// ResourceExhausted: so many atoms lie on top of one another that asking each for its neighbours
// would take for ever. No lattice that a frame resolves comes near it.
absl::Status CheckCrowding(const std::vector<Atom>& atoms, const Frame& frame) {
  constexpr int kCellPx = 4, kMaxAtoms = 64;
  const int columns = frame.width() / kCellPx + 1, rows = frame.height() / kCellPx + 1;
  std::vector<uint8_t> counts(static_cast<size_t>(columns) * rows);
  const auto cell_of = [](float place, int cells) {
    return static_cast<size_t>(std::clamp(place / kCellPx, 0.0f, cells - 1.0f));
  };
  for (const Atom& atom : atoms) {
    if (std::isnan(atom.x_px) || std::isnan(atom.y_px)) continue;  // refused with its number
    uint8_t& count = counts[cell_of(atom.y_px, rows) * columns + cell_of(atom.x_px, columns)];
    if (++count > kMaxAtoms) {
      return absl::ResourceExhaustedError(absl::StrCat("more than ", kMaxAtoms, " atoms on ",
                                                       kCellPx, " x ", kCellPx, " px around (",
                                                       atom.x_px, ", ", atom.y_px, ")"));
    }
  }
  return absl::OkStatus();
}

std::string TooMany(size_t atoms) {
  return absl::StrCat(atoms, " atoms: more than ", StructureStage::kMaxAtoms, " are not analysed");
}

}  // namespace

absl::Status ValidateStructureOptions(const StructureOptions& options) {
  RETURN_IF_ERROR(ValidateClusterOptions(options.clusters));
  // Without atoms it checks the options and does nothing else.
  RETURN_IF_ERROR(AnalyseSites(Image(), {}, 0, options.sites).status());
  if (options.min_frames_between_refits < 1 || options.min_frames_between_refits > 100'000) {
    return absl::InvalidArgumentError(
        absl::StrCat("min_frames_between_refits = ", options.min_frames_between_refits,
                     ": must be in [1, 100000]"));
  }
  return absl::OkStatus();
}

StructureStage::StructureStage(const std::optional<StructureOptions>& options,
                               StructureDependencies dependencies)
    : deps_(dependencies),
      models_(options.value_or(StructureOptions()).clusters,
              options.value_or(StructureOptions()).min_frames_between_refits),
      options_(options) {}

void StructureStage::SetOptions(const std::optional<StructureOptions>& options) {
  if (options) models_.SetOptions(options->clusters, options->min_frames_between_refits);
  MutexLock lock(&mutex_);
  options_ = options;
}

std::shared_ptr<const StructureRecord> StructureStage::Analyse(
    const Frame& frame, const DetectorRecord& detector, std::optional<int64_t> live_index,
    absl::string_view request_id, const std::function<void()>& on_step) {
  StructureOptions options;
  {
    MutexLock lock(&mutex_);
    if (!options_) return nullptr;
    options = *options_;
  }
  auto record = std::make_shared<StructureRecord>();
  const std::vector<Atom>& atoms = detector.atoms();
  const double d_nn_px = LatticeOf(detector).d_nn_px;
  const auto show_patch = [&] {
    record->patch_grid = options.clusters.patch_grid;
    record->patch_side_px = options.clusters.patch_side_d_nn * d_nn_px;
  };
  show_patch();
  if (atoms.size() > kMaxAtoms) {
    record->clusters = NoClusters(atoms.size(), "too_many_atoms", TooMany(atoms.size()));
    record->sites_error = TooMany(atoms.size());
    Count(detector, *record);
    return record;
  }

  const absl::Time start = deps_.steady_clock->Now();
  Image image;
  const ModelKey key{detector.kind(), frame.metadata().material};
  absl::StatusOr<SiteAnalysis> sites = CatchToStatus("site kinds", [&] {
    if (!atoms.empty()) image = frame.normalised()->unclipped;
    const absl::Status crowding = CheckCrowding(atoms, frame);
    if (!crowding.ok()) return absl::StatusOr<SiteAnalysis>(crowding);
    return AnalyseSites(image, atoms, d_nn_px, options.sites, on_step);
  });
  const absl::Time analysed = deps_.steady_clock->Now();
  if (on_step) on_step();
  // Places without an atom stay out of the clusters.
  absl::StatusOr<ClusterResult> clusters = CatchToStatus("clusters", [&] {
    if (!atoms.empty() && image.empty()) {
      return absl::StatusOr<ClusterResult>(absl::InternalError("the frame was not normalised"));
    }
    return Cluster(image, detector, sites.ok() ? EmptyPlaces(*sites) : std::vector<bool>(), key,
                   live_index, options.clusters);
  });
  show_patch();
  record->sites_time = analysed - start;
  record->clusters_time = deps_.steady_clock->Now() - analysed;

  const std::string& id = frame.metadata().id;
  const auto fail = [&](absl::string_view what, const absl::Status& why) {
    deps_.log->Write(
        LogLevel::kWarning,
        absl::StrCat(DetectorName(key.detector), " finds ", what, ": ", why.ToString()),
        {.component = "structure", .frame_id = id, .request_id = request_id});
  };
  if (clusters.ok()) {
    record->clusters = *std::move(clusters);
    record->clusters.next_model = nullptr;  // history need not keep it
    if (live_index && record->clusters.refitted) Announce(key, id, record->clusters);
  } else {
    record->clusters = NoClusters(atoms.size(), "failed", clusters.status().ToString());
    fail("no clusters", clusters.status());
  }
  if (sites.ok()) {
    record->sites = *std::move(sites);
  } else {
    record->sites_error = sites.status().ToString();
    fail("no site kinds", sites.status());
  }
  Count(detector, *record);
  return record;
}

absl::StatusOr<ClusterResult> StructureStage::Cluster(
    const Image& image, const DetectorRecord& detector, const std::vector<bool>& left_out,
    const ModelKey& key, std::optional<int64_t> live_index, ClusterOptions& options) {
  const std::vector<Atom>& atoms = detector.atoms();
  const double d_nn_px = LatticeOf(detector).d_nn_px;
  if (!live_index) {
    return ClusterAtoms(image, atoms, d_nn_px, options, nullptr, Refit::kAllowed, left_out);
  }
  KeptModels::Loan loan = models_.Borrow(key, *live_index);
  options = loan.options();  // newer ones, if they have changed just now
  ASSIGN_OR_RETURN(ClusterResult result,
                   ClusterAtoms(image, atoms, d_nn_px, options, loan.model(),
                                loan.may_fit() ? Refit::kAllowed : Refit::kForbidden, left_out));
  if (result.refitted) loan.Keep(result.next_model);
  return result;
}

void StructureStage::Announce(const ModelKey& key, const std::string& frame_id,
                              const ClusterResult& result) {
  const absl::string_view detector = DetectorName(key.detector);
  deps_.metrics->Structure(detector).Refits(result.refit_reason)->Increment();
  deps_.log->Write(LogLevel::kInfo,
                   absl::StrCat(detector, ": clusters fitted",
                                key.material.empty() ? "" : absl::StrCat(" (", key.material, ")"),
                                ", ", result.refit_reason, ": model ", result.generation, " has ",
                                result.clusters.size(), " clusters"),
                   {.component = "structure", .frame_id = frame_id, .kind = "clusters fitted"});
}

void StructureStage::Count(const DetectorRecord& detector, const StructureRecord& record) const {
  const StructureMetrics& metrics = deps_.metrics->Structure(DetectorName(detector.kind()));
  if (record.clusters.empty_reason == "failed") metrics.clusters_failed->Increment();
  if (!record.sites_error.empty()) metrics.sites_failed->Increment();
  const auto observe = [&](absl::string_view stage, absl::Duration duration) {
    if (detector.kind() == DetectorKind::kLogStar) deps_.metrics->ObserveStage(stage, duration);
    if (detector.kind() == DetectorKind::kUnet) deps_.metrics->unet.ObserveStage(stage, duration);
  };
  observe("clusters", record.clusters_time);
  observe("structure", record.sites_time);
}

}  // namespace atomstream
