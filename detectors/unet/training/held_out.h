// Held-out frames: drawn like training frames, never trained on; what decides which network is
// kept. Immutable after Draw; any thread.
#ifndef ATOMSTREAM_DETECTORS_UNET_TRAINING_HELD_OUT_H_
#define ATOMSTREAM_DETECTORS_UNET_TRAINING_HELD_OUT_H_

#include <vector>

#include "absl/status/statusor.h"
#include "detectors/unet/training/training_frame.h"

namespace atomstream {

class HeldOutFrames {
 public:
  // The first `count` frames of a stream that no training seed below 2^62 shares.
  static absl::StatusOr<HeldOutFrames> Draw(const TrainingFrameOptions& options, int count);

  const std::vector<Image>& inputs() const { return inputs_; }

  // Mean over the frames of F1, one-to-one within half of d_NN, of the atoms that probability maps
  // (one a frame, in order) show. `threshold` as ProbabilityAtomOptions.
  absl::StatusOr<double> MeanF1(const std::vector<Image>& maps, double threshold) const;

 private:
  std::vector<TrainingFrame> frames_;
  std::vector<Image> inputs_;
  double atom_area_px2_ = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_TRAINING_HELD_OUT_H_
