// UnetDetector: finds the atoms of one frame with a Segmenter: normalise, measure the lattice,
// rescale to the network's d_NN, segment, locate atoms in the probability map, scale back.
//
// A network sees some eight neighbours far; the lattice filter averages over the whole frame. So
// when the network is unsure of a noisy frame it is shown the filtered frame too, and what it is
// surer of counts. Where the lattice's amplitude says vacuum, unsure atoms are dropped.
//
// Immutable and torch-free: Detect may be called from many threads at once. Owns no threads.
#ifndef ATOMSTREAM_DETECTORS_UNET_UNET_DETECTOR_H_
#define ATOMSTREAM_DETECTORS_UNET_UNET_DETECTOR_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/image/frame.h"
#include "core/lattice/material.h"
#include "detectors/unet/segmenter.h"
#include "detectors/unet/unet_result.h"

namespace atomstream {

struct UnetOptions {
  std::string material = "auto";  // of frames that name none: a preset, a custom one, or "auto"
  std::vector<Material> custom_materials;
  // Least probability of an atom, (0, 1); 0: as the model's manifest says.
  double threshold = 0;
  // Least distance of two atoms, of d_NN, (0, 1).
  double min_spacing = 0.5;
  // May show the network the lattice-filtered frame.
  bool lattice_filter = true;
};

class UnetDetector {
 public:
  // `clock` is steady and outlives the detector. InvalidArgument names the option and its value.
  static absl::StatusOr<std::unique_ptr<UnetDetector>> Create(const UnetOptions& options,
                                                              const Clock* clock);

  // NotFound: unknown material. Otherwise the segmenter's errors. See UnetResult::flags for what is
  // no error.
  absl::StatusOr<UnetResult> Detect(const Frame& frame, const Segmenter& segmenter) const;

 private:
  struct Views;
  struct Finding;

  UnetDetector(const UnetOptions& options, const Clock* clock) : options_(options), clock_(clock) {}

  absl::StatusOr<UnetResult> DetectOrThrow(const Frame& frame, const Segmenter& segmenter) const;
  absl::StatusOr<Views> Look(const Frame& frame, const ModelInfo& model, UnetResult& result) const;
  absl::StatusOr<Finding> Find(const Image& view, const Segmenter& segmenter,
                               UnetResult& result) const;

  const UnetOptions options_;
  const Clock* const clock_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_UNET_DETECTOR_H_
