#include "detectors/unet/unet_detector.h"

#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/blob/disk_mean.h"
#include "core/image/normalise.h"
#include "core/lattice/frame_lattice.h"
#include "detectors/unet/frame_scaling.h"
#include "detectors/unet/probability_atoms.h"

namespace atomstream {
namespace {

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

bool LiesIn(const Frame& frame, const PointPx& place) {
  return place.x_px >= -0.5 && place.x_px < frame.width() - 0.5 && place.y_px >= -0.5 &&
         place.y_px < frame.height() - 0.5;
}

void FillAtoms(const std::vector<ProbabilityAtom>& found, const Segmentation& segmentation,
               const Frame& frame, const NormalisedImage& image, UnetResult& result) {
  double variance_sum = 0;
  for (const ProbabilityAtom& atom : found) {
    const PointPx place = ToFramePx({atom.x_px, atom.y_px}, result.scale);
    if (!LiesIn(frame, place)) continue;
    const Blob blob{static_cast<float>(place.x_px), static_cast<float>(place.y_px),
                    static_cast<float>(atom.sigma_px / result.scale), atom.confidence};
    result.atoms.push_back(
        {blob.x_px, blob.y_px, blob.sigma_px, DiskMean(image.unclipped, blob), atom.confidence});
    result.confidence.push_back(atom.confidence);
    result.spread.push_back(atom.spread);
    variance_sum += static_cast<double>(atom.spread) * atom.spread;
  }
  if (!result.atoms.empty()) result.mean_variance = variance_sum / result.atoms.size();
  result.device = segmentation.device;
  result.precision = segmentation.precision;
  result.tiles = segmentation.tiles;
  result.flags.insert(result.flags.end(), segmentation.flags.begin(), segmentation.flags.end());
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

absl::StatusOr<UnetResult> UnetDetector::DetectOrThrow(const Frame& frame,
                                                       const Segmenter& segmenter) const {
  StageTimer timer(*clock_);
  const ModelInfo& model = segmenter.info();
  UnetResult result;
  result.model_id = model.id;
  result.members = model.members;
  const std::string material_name =
      frame.metadata().material.empty() ? options_.material : frame.metadata().material;
  std::optional<Material> material;
  if (material_name != "auto") {
    ASSIGN_OR_RETURN(material, FindMaterial(material_name, options_.custom_materials));
  }
  result.lattice.material = material_name;
  result.lattice.pixel_size_nm_metadata = frame.metadata().pixel_size_nm;
  result.lattice.pixel_size_nm_used = frame.metadata().pixel_size_nm;

  const NormalisedImage image = Normalise(frame.image());
  result.timings.normalise = timer.Lap();
  if (image.constant) {
    result.flags.push_back("constant_frame");
    result.timings.total = timer.Total();
    return result;
  }

  result.lattice = Summarise(
      MeasureFrameLattice(image.clipped, material, frame.metadata().pixel_size_nm).estimate,
      material_name);
  if (!result.lattice.found) result.flags.push_back("no_lattice");
  if (result.lattice.metadata_disagrees) result.flags.push_back("metadata_disagrees");
  result.timings.lattice = timer.Lap();

  const NetworkScale scale = ChooseNetworkScale(frame.width(), frame.height(),
                                                result.lattice.d_nn_px, model.scale_px_per_d_nn);
  result.scale = scale.scale;
  if (scale.limited) result.flags.push_back("scale_limited");
  const Image input = RescaleForNetwork(model.normalisation == InputNormalisation::kMinMax
                                            ? StretchToExtremes(frame.image())
                                            : image.clipped,
                                        scale.scale);
  result.timings.rescale = timer.Lap();

  ASSIGN_OR_RETURN(const Segmentation segmentation, segmenter.Segment(input));
  result.timings.transfer = segmentation.transfer;
  result.timings.compute = segmentation.compute;
  timer.Lap();

  // An unknown d_NN is taken to be the network's: the frame's own scale was used.
  const double d_nn_px =
      result.lattice.d_nn_px > 0 ? result.lattice.d_nn_px * scale.scale : model.scale_px_per_d_nn;
  FillAtoms(FindProbabilityAtoms(
                segmentation.mean, segmentation.variance,
                {.d_nn_px = d_nn_px,
                 .min_spacing_px = options_.min_spacing * d_nn_px,
                 .atom_area_px2 = model.atom_area_px2,
                 .threshold = options_.threshold > 0 ? options_.threshold : model.threshold}),
            segmentation, frame, image, result);
  result.timings.locate = timer.Lap();
  result.timings.total = timer.Total();
  return result;
}

}  // namespace atomstream
