// TorchEnsemble: all members of a model on one device, in the precision that serves best there.
//
// Segment may be called by one thread at a time: TorchSegmenter's lock sees to that. No exception
// leaves a function of this file.
#ifndef ATOMSTREAM_DETECTORS_UNET_TORCH_ENSEMBLE_H_
#define ATOMSTREAM_DETECTORS_UNET_TORCH_ENSEMBLE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/image/frame.h"
#include "detectors/unet/memory_ladder.h"
#include "detectors/unet/model_manifest.h"
#include "detectors/unet/segmenter.h"
#include "detectors/unet/torch_member.h"
#include "detectors/unet/torch_segmenter.h"

namespace atomstream {

// A model folder in memory: what was checked is what is loaded, as often as it is.
struct CheckedModel {
  ModelManifest manifest;
  std::vector<std::string> scripts;  // of each member
  Image golden_input;
  std::vector<Image> golden_outputs;  // of each member
};

class TorchEnsemble {
 public:
  // Loads the members in float32, then, unless options.precision is kFloat32, in the device's
  // reduced precision (bfloat16 on the CPU, float16 on a GPU). Reduced serves if every member's
  // golden output holds in it and, with kAuto, it is at least 1.2 times as fast. Runs each tile
  // size up to options.tile_px, so that a member that takes none of another size is found here and
  // the first frame finds everything warm. Errors as LoadTorchSegmenter; ResourceExhausted: no
  // memory.
  static absl::StatusOr<std::unique_ptr<TorchEnsemble>> Load(const CheckedModel& model,
                                                             c10::Device device,
                                                             const TorchSegmenterOptions& options,
                                                             const Clock* clock);

  std::string device() const { return device_.str(); }  // "cpu", "cuda:0"
  std::string precision() const;                        // "float32", "bfloat16", "float16"
  int64_t weight_bytes() const;                         // of all members

  // Errors as Segmenter::Segment; ResourceExhausted: no memory.
  absl::StatusOr<Segmentation> Segment(const Image& image, const SegmentAttempt& attempt) const;

 private:
  TorchEnsemble(c10::Device device, at::ScalarType precision, std::vector<TorchMember> members,
                int overlap_px, const Clock* clock)
      : device_(device),
        precision_(precision),
        members_(std::move(members)),
        overlap_px_(overlap_px),
        clock_(*clock) {}

  absl::Status WarmUp(const TorchSegmenterOptions& options) const;
  absl::StatusOr<Segmentation> SegmentOrThrow(const Image& image,
                                              const SegmentAttempt& attempt) const;

  const c10::Device device_;
  const at::ScalarType precision_;
  const std::vector<TorchMember> members_;
  const int overlap_px_;
  const Clock& clock_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_TORCH_ENSEMBLE_H_
