// Segmenter: turns an image into a map of where atoms are. The seam between everything that knows
// about frames and the one target that knows about torch: tests and the rest of the project see
// only this header.
//
// Owned by whoever loaded it; shared_ptr<const Segmenter> so that a model that is being replaced
// lives until its last frame is done. Segment may be called by several threads; calls on one device
// run one after another.
#ifndef ATOMSTREAM_DETECTORS_UNET_SEGMENTER_H_
#define ATOMSTREAM_DETECTORS_UNET_SEGMENTER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/image/frame.h"

namespace atomstream {

// How a frame becomes the network's input.
enum class InputNormalisation {
  kQuantile,  // core/image/normalise.h, `clipped`
  kMinMax,    // (value - least) / (greatest - least)
};

// What the rest of the project must know of a loaded model.
struct ModelInfo {
  std::string id;   // name and the first 12 digits of the manifest's sha256: "name@1f…"
  int members = 0;  // of the ensemble
  double scale_px_per_d_nn = 0;  // the nearest-neighbour distance that the network was trained on
  // Sum over the bump that the network draws for one sure atom, square network pixels; 0: unknown.
  double atom_area_px2 = 0;
  // Least confidence of an atom, (0, 1); 0: chosen frame by frame for the greatest expected F1,
  // which needs atom_area_px2 (probability_atoms.h).
  double threshold = 0;
  InputNormalisation normalisation = InputNormalisation::kQuantile;
  // Where it was loaded to and how it computes there, as in Segmentation; empty: not loaded yet.
  // One image may be done elsewhere (see Segmentation::flags).
  std::string device;
  std::string precision;
  int64_t weight_bytes = 0;  // of all members, as they were loaded; 0: unknown
};

// Memory that tensors took while an image was segmented, as libtorch's allocators told. Bytes; 0:
// unknown. What libraries below libtorch take for themselves is not in it.
struct SegmentationMemory {
  int64_t peak_bytes = 0;  // the most at once, besides what was there before, as the weights
  // On a GPU, of all that libtorch has there: allocated at most, and held for reuse at most.
  int64_t allocated_bytes = 0;
  int64_t reserved_bytes = 0;
};

// One image, segmented by all members of the ensemble. Both maps have the image's size.
struct Segmentation {
  Image mean;                // probability of an atom's centre, [0, 1]: mean of the members
  Image variance;            // of the members' probabilities, >= 0; 0 everywhere with one member
  std::string device;        // "cpu", "cuda:0"
  std::string precision;     // "float32", "bfloat16", "float16"
  int tiles = 0;             // one member's
  std::vector<int> batches;  // the tiles of each pass of a member
  SegmentationMemory memory;
  absl::Duration transfer;  // to the device and back; 0 on the CPU
  absl::Duration compute;
  // "smaller_tiles": memory ran out on the device, smaller tiles fitted.
  // "fell_back_to_cpu": they did not; this image was done on the CPU.
  std::vector<std::string> flags;
};

class Segmenter {
 public:
  virtual ~Segmenter() = default;

  virtual const ModelInfo& info() const = 0;

  // `image` is normalised and at the network's scale; any size >= 1 x 1. Internal: the model
  // failed. DataLoss: its output was not finite, with the number of such pixels and the member.
  virtual absl::StatusOr<Segmentation> Segment(const Image& image) const = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_SEGMENTER_H_
