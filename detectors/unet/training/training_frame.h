// Training frames: what the network learns from. Frames of the simulator, strongly randomised, at
// the network's scale, with the map that the network should answer. Pure functions of the seed; any
// thread.
#ifndef ATOMSTREAM_DETECTORS_UNET_TRAINING_TRAINING_FRAME_H_
#define ATOMSTREAM_DETECTORS_UNET_TRAINING_TRAINING_FRAME_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/image/frame.h"

namespace atomstream {

struct TrainingFrameOptions {
  double scale_px_per_d_nn = 6;  // nearest neighbours this far apart, but for scale_error
  int size_px = 256;             // side of the network's input
  // Standard deviation of ln(scale): metadata and lattice estimates are not exact.
  double scale_error = 0.07;
  // Of the target: one Gaussian of height 1 an atom, of d_NN.
  double target_sigma_d_nn = 0.18;
  // Shares of the specimens; what is left is random lattices of one to three columns a cell.
  double graphene_share = 0.42;
  double srtio3_share = 0.28;
  double max_noise = 1.0;  // of Gaussian noise on a frame scaled to [0, 1]
};

struct TrainingFrame {
  Image input;                 // normalised, as a frame is when it is served
  Image target;                // probability of an atom's centre, [0, 1]
  std::vector<PointPx> atoms;  // in the input's pixels
  double d_nn_px = 0;          // in the input's pixels
  std::string description;     // what was drawn, for people
};

// Sum over the target's bump of one atom at the nominal scale, square pixels.
double AtomAreaPx2(const TrainingFrameOptions& options);

// Frame `index` of the stream `seed`.
absl::StatusOr<TrainingFrame> DrawTrainingFrame(const TrainingFrameOptions& options, uint64_t seed,
                                                int64_t index);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_TRAINING_TRAINING_FRAME_H_
