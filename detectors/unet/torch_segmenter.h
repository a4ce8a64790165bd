// TorchSegmenter: the Segmenter that runs a model folder with libtorch. torch_segmenter.cc is the
// only serving file that includes torch; this header does not.
#ifndef ATOMSTREAM_DETECTORS_UNET_TORCH_SEGMENTER_H_
#define ATOMSTREAM_DETECTORS_UNET_TORCH_SEGMENTER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "detectors/unet/segmenter.h"

namespace atomstream {

enum class TorchDevice { kAuto, kCuda, kCpu };  // auto: CUDA if libtorch has it and finds one
enum class TorchPrecision { kAuto, kFloat32, kReduced };  // auto: reduced where the device gains

struct TorchSegmenterOptions {
  TorchDevice device = TorchDevice::kAuto;
  TorchPrecision precision = TorchPrecision::kAuto;
  int threads = 1;      // of torch while this model computes, >= 1
  int tile_px = 512;    // largest tile's side, network pixels: 128, 256 or 512
  int overlap_px = 32;  // least overlap of neighbouring tiles, network pixels
  int max_batch = 8;    // tiles at once on a GPU; the CPU takes one at a time
};

// Checks the folder (LoadModelManifest), then the network itself before anything is served: the
// golden output in the precision that will serve, input and output shapes and types; warms up.
// Errors as LoadModelManifest; InvalidArgument also: not TorchScript, wrong shape, wrong type;
// DataLoss also: the golden output differs, with the largest difference; FailedPrecondition: cuda
// was asked for and is not there.
absl::StatusOr<std::shared_ptr<const Segmenter>> LoadTorchSegmenter(
    const std::string& folder, const TorchSegmenterOptions& options, const Clock* clock);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_TORCH_SEGMENTER_H_
