#include "detectors/unet/unet_detector.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/blob/disk_mean.h"
#include "core/image/normalise.h"
#include "core/lattice/frame_lattice.h"
#include "core/lattice/lattice_filter.h"
#include "detectors/unet/frame_scaling.h"
#include "detectors/unet/probability_atoms.h"

namespace atomstream {
namespace {

// Of ExpectedF1: below it a second look at the frame, filtered, pays. Frames of the simulator with
// a true F1 of 0.99 have about this.
constexpr double kSureExpectedF1 = 0.85;
// Confidence that makes an atom believable where the lattice says vacuum.
constexpr float kSureInVacuum = 0.6f;
// Confidence that makes an atom believable where neither a lattice nor metadata tell the scale:
// what the network says of a frame at another scale than its own is no probability. White noise has
// bumps of up to 0.9.
constexpr float kSureWithoutScale = 0.9f;

absl::Status ValidateUnetOptions(const UnetOptions& options) {
  if (!(options.threshold >= 0 && options.threshold < 1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "threshold is ", options.threshold, ", must be above 0 and below 1, or 0: the model's"));
  }
  if (!(options.min_spacing > 0 && options.min_spacing < 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("min_spacing is ", options.min_spacing, ", must be above 0 and below 1"));
  }
  for (const Material& material : options.custom_materials) {
    RETURN_IF_ERROR(ValidateMaterial(material));
  }
  if (options.material != "auto") {
    const absl::Status known = FindMaterial(options.material, options.custom_materials).status();
    if (!known.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("material: ", known.message()));
    }
  }
  return absl::OkStatus();
}

// (value - least) / (greatest - least), in double precision: the range may be beyond float's.
Image StretchToExtremes(const Image& image) {
  double least = 0, greatest = 0;
  cv::minMaxLoc(image, &least, &greatest);
  const double scale = greatest > least ? 1 / (greatest - least) : 0;
  Image stretched(image.rows, image.cols);
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      stretched(y, x) = static_cast<float>((image(y, x) - least) * scale);
    }
  }
  return stretched;
}

// Times one stage after another.
class StageTimer {
 public:
  explicit StageTimer(const Clock& clock) : clock_(clock), start_(clock.Now()), last_(start_) {}

  absl::Duration Lap() {
    const absl::Time now = clock_.Now();
    return now - std::exchange(last_, now);
  }
  absl::Duration Total() const { return clock_.Now() - start_; }

 private:
  const Clock& clock_;
  const absl::Time start_;
  absl::Time last_;
};

// Of one of the looks at a frame: passes add up, memory is free again before the next.
void AddCost(const Segmentation& look, UnetResult& result) {
  result.batches.insert(result.batches.end(), look.batches.begin(), look.batches.end());
  SegmentationMemory& most = result.memory;
  most.peak_bytes = std::max(most.peak_bytes, look.memory.peak_bytes);
  most.allocated_bytes = std::max(most.allocated_bytes, look.memory.allocated_bytes);
  most.reserved_bytes = std::max(most.reserved_bytes, look.memory.reserved_bytes);
}

bool LiesIn(const Frame& frame, const PointPx& place) {
  return place.x_px >= -0.5 && place.x_px < frame.width() - 0.5 && place.y_px >= -0.5 &&
         place.y_px < frame.height() - 0.5;
}

bool LiesInVacuum(const Image& material, const PointPx& place) {
  if (material.empty()) return false;
  const int x = std::clamp(static_cast<int>(std::lround(place.x_px)), 0, material.cols - 1);
  const int y = std::clamp(static_cast<int>(std::lround(place.y_px)), 0, material.rows - 1);
  return material(y, x) < 0.5f;
}

}  // namespace

absl::StatusOr<std::unique_ptr<UnetDetector>> UnetDetector::Create(const UnetOptions& options,
                                                                   const Clock* clock) {
  RETURN_IF_ERROR(ValidateUnetOptions(options));
  return std::unique_ptr<UnetDetector>(new UnetDetector(options, clock));
}

absl::StatusOr<UnetResult> UnetDetector::Detect(const Frame& frame,
                                                const Segmenter& segmenter) const {
  return CatchToStatus("U-Net", [&] { return DetectOrThrow(frame, segmenter); });
}

// The frame as the network may see it, at the frame's own scale.
struct UnetDetector::Views {
  NormalisedImage image;
  Image raw;       // normalised as the model asks
  Image filtered;  // alike, after the lattice filter; empty: there is no lattice to filter by
  Image material;  // LatticeFiltered::material; empty alike
};

// What the network made of one view.
struct UnetDetector::Finding {
  Segmentation segmentation;
  std::vector<ProbabilityAtom> atoms;
  double expected_f1 = 0;
};

absl::StatusOr<UnetDetector::Views> UnetDetector::Look(const Frame& frame, const ModelInfo& model,
                                                       UnetResult& result) const {
  StageTimer timer(*clock_);
  const FrameMetadata& metadata = frame.metadata();
  LatticeSummary& lattice = result.lattice;
  lattice.material = metadata.material.empty() ? options_.material : metadata.material;
  lattice.pixel_size_nm_metadata = metadata.pixel_size_nm;
  lattice.pixel_size_nm_used = metadata.pixel_size_nm;
  std::optional<Material> material;
  if (lattice.material != "auto") {
    ASSIGN_OR_RETURN(material, FindMaterial(lattice.material, options_.custom_materials));
  }

  const bool by_extremes = model.normalisation == InputNormalisation::kMinMax;
  Views views;
  views.image = *frame.normalised();
  views.raw = by_extremes ? StretchToExtremes(frame.image()) : views.image.clipped;
  result.timings.normalise = timer.Lap();
  if (views.image.constant) {
    result.flags.push_back("constant_frame");
    return views;
  }

  const FrameLattice measured =
      MeasureFrameLattice(views.image.clipped, material, metadata.pixel_size_nm);
  lattice = Summarise(measured.estimate, lattice.material);
  if (!lattice.found) result.flags.push_back("no_lattice");
  if (lattice.metadata_disagrees) result.flags.push_back("metadata_disagrees");
  if (lattice.found && options_.lattice_filter) {
    const std::vector<Vector2> frequencies =
        LatticeFrequencies(measured.estimate.reflections, measured.peaks, lattice.d_nn_px);
    if (!frequencies.empty()) {
      LatticeFiltered filtered =
          ApplyLatticeFilter(views.image.clipped, frequencies, measured.peaks, lattice.d_nn_px);
      views.filtered =
          by_extremes ? StretchToExtremes(filtered.filtered) : Normalise(filtered.filtered).clipped;
      views.material = std::move(filtered.material);
      lattice.material_area_fraction = cv::mean(views.material)[0];
      lattice.expected_atoms = lattice.material_area_fraction * frame.width() * frame.height() *
                               measured.estimate.density_per_px2;
    }
  }
  result.timings.lattice = timer.Lap();

  const NetworkScale scale =
      ChooseNetworkScale(frame.width(), frame.height(), lattice.d_nn_px, model.scale_px_per_d_nn);
  result.scale = scale.scale;
  if (scale.limited) result.flags.push_back("scale_limited");
  return views;
}

absl::StatusOr<UnetDetector::Finding> UnetDetector::Find(const Image& view,
                                                         const Segmenter& segmenter,
                                                         UnetResult& result) const {
  StageTimer timer(*clock_);
  const ModelInfo& model = segmenter.info();
  const Image input = RescaleForNetwork(view, result.scale);
  result.timings.rescale += timer.Lap();

  Finding finding;
  ASSIGN_OR_RETURN(finding.segmentation, segmenter.Segment(input));
  result.timings.transfer += finding.segmentation.transfer;
  result.timings.compute += finding.segmentation.compute;
  AddCost(finding.segmentation, result);
  timer.Lap();

  // An unknown d_NN is taken to be the network's: the frame's own scale was used.
  const double d_nn_px =
      result.lattice.d_nn_px > 0 ? result.lattice.d_nn_px * result.scale : model.scale_px_per_d_nn;
  finding.atoms = FindProbabilityAtoms(
      finding.segmentation.mean, finding.segmentation.variance,
      {.d_nn_px = d_nn_px,
       .min_spacing_px = options_.min_spacing * d_nn_px,
       .atom_area_px2 = model.atom_area_px2,
       .threshold = options_.threshold > 0 ? options_.threshold : model.threshold});
  if (model.atom_area_px2 > 0) {
    finding.expected_f1 = ExpectedF1(finding.atoms, finding.segmentation.mean, model.atom_area_px2);
  }
  result.timings.locate += timer.Lap();
  return finding;
}

absl::StatusOr<UnetResult> UnetDetector::DetectOrThrow(const Frame& frame,
                                                       const Segmenter& segmenter) const {
  StageTimer timer(*clock_);
  UnetResult result;
  result.model_id = segmenter.info().id;
  result.members = segmenter.info().members;
  ASSIGN_OR_RETURN(const Views views, Look(frame, segmenter.info(), result));
  if (views.image.constant) {
    result.timings.total = timer.Total();
    return result;
  }

  ASSIGN_OR_RETURN(Finding finding, Find(views.raw, segmenter, result));
  // Also of a frame in which it finds nothing.
  const bool doubtful = segmenter.info().atom_area_px2 > 0 && finding.expected_f1 < kSureExpectedF1;
  float sure_in_vacuum = kSureInVacuum;
  if (doubtful && !views.filtered.empty()) {
    ASSIGN_OR_RETURN(Finding filtered, Find(views.filtered, segmenter, result));
    if (filtered.expected_f1 > finding.expected_f1) {
      finding = std::move(filtered);
      result.flags.push_back("lattice_filtered");
      // What the filter shows in a hole is its own invention, and looks sure.
      sure_in_vacuum = std::numeric_limits<float>::infinity();
    }
  }

  const bool by_frame = options_.threshold == 0 && segmenter.info().threshold == 0;
  if (by_frame && doubtful && !(result.lattice.d_nn_px > 0)) {
    std::erase_if(finding.atoms,
                  [](const ProbabilityAtom& atom) { return atom.confidence < kSureWithoutScale; });
    finding.expected_f1 =
        ExpectedF1(finding.atoms, finding.segmentation.mean, segmenter.info().atom_area_px2);
  }

  const Segmentation& segmentation = finding.segmentation;
  result.expected_f1 = finding.expected_f1;
  result.device = segmentation.device;
  result.precision = segmentation.precision;
  result.tiles = segmentation.tiles;
  result.flags.insert(result.flags.end(), segmentation.flags.begin(), segmentation.flags.end());
  double variance_sum = 0;
  for (const ProbabilityAtom& atom : finding.atoms) {
    const PointPx place = ToFramePx({atom.x_px, atom.y_px}, result.scale);
    if (!LiesIn(frame, place)) continue;
    if (atom.confidence < sure_in_vacuum && LiesInVacuum(views.material, place)) continue;
    const Blob blob{static_cast<float>(place.x_px), static_cast<float>(place.y_px),
                    static_cast<float>(atom.sigma_px / result.scale), atom.confidence};
    result.atoms.push_back({blob.x_px, blob.y_px, blob.sigma_px,
                            DiskMean(views.image.unclipped, blob), atom.confidence});
    result.confidence.push_back(atom.confidence);
    result.spread.push_back(atom.spread);
    variance_sum += static_cast<double>(atom.spread) * atom.spread;
  }
  if (!result.atoms.empty()) {
    result.mean_variance = variance_sum / static_cast<double>(result.atoms.size());
  }
  result.timings.total = timer.Total();
  return result;
}

}  // namespace atomstream
