#include "detectors/unet/training/held_out.h"

#include <utility>

#include "core/base/status_macros.h"
#include "core/evaluate/matching.h"
#include "detectors/unet/probability_atoms.h"

namespace atomstream {
namespace {

constexpr uint64_t kHeldOutSeed = uint64_t{1} << 62;
constexpr double kMinSpacing = 0.5;  // of d_NN, as UnetOptions

}  // namespace

absl::StatusOr<HeldOutFrames> HeldOutFrames::Draw(const TrainingFrameOptions& options, int count) {
  HeldOutFrames held_out;
  held_out.atom_area_px2_ = AtomAreaPx2(options);
  for (int i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(TrainingFrame frame, DrawTrainingFrame(options, kHeldOutSeed, i));
    held_out.inputs_.push_back(frame.input);
    held_out.frames_.push_back(std::move(frame));
  }
  return held_out;
}

absl::StatusOr<double> HeldOutFrames::MeanF1(const std::vector<Image>& maps,
                                             double threshold) const {
  double sum = 0;
  for (size_t i = 0; i < frames_.size(); ++i) {
    const TrainingFrame& frame = frames_[i];
    std::vector<PointPx> found;
    for (const ProbabilityAtom& atom :
         FindProbabilityAtoms(maps[i], Image(),
                              {.d_nn_px = frame.d_nn_px,
                              .min_spacing_px = kMinSpacing * frame.d_nn_px,
                              .atom_area_px2 = atom_area_px2_,
                              .threshold = threshold})) {
      found.push_back({atom.x_px, atom.y_px});
    }
    ASSIGN_OR_RETURN(const Matching matching,
                     MatchOneToOne(found, frame.atoms, {.radius_px = frame.d_nn_px / 2}));
    sum += matching.f1;
  }
  return sum / static_cast<double>(frames_.size());
}

}  // namespace atomstream
