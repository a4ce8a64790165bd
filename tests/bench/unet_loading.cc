#include "tests/bench/unet_loading.h"

#include "absl/strings/str_cat.h"

#ifdef ATOMSTREAM_BENCH_WITH_TORCH
#include "core/base/status_macros.h"
#include "detectors/unet/torch_segmenter.h"
#endif

namespace atomstream::bench {

#ifdef ATOMSTREAM_BENCH_WITH_TORCH

namespace {

absl::StatusOr<TorchSegmenterOptions> SegmenterOptions(const UnetFlags& flags) {
  TorchSegmenterOptions options;
  if (flags.device == "cuda") {
    options.device = TorchDevice::kCuda;
  } else if (flags.device == "cpu") {
    options.device = TorchDevice::kCpu;
  } else if (flags.device != "auto") {
    return absl::InvalidArgumentError(
        absl::StrCat("--device = \"", flags.device, "\": must be auto, cuda or cpu"));
  }
  if (flags.precision == "float32") {
    options.precision = TorchPrecision::kFloat32;
  } else if (flags.precision == "reduced") {
    options.precision = TorchPrecision::kReduced;
  } else if (flags.precision != "auto") {
    return absl::InvalidArgumentError(
        absl::StrCat("--precision = \"", flags.precision, "\": must be auto, float32 or reduced"));
  }
  options.threads = flags.threads;
  if (flags.tile_px != 0) options.tile_px = flags.tile_px;
  return options;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Segmenter>> LoadSegmenter(const UnetFlags& flags,
                                                               const Clock* clock) {
  if (flags.model.empty()) {
    return absl::InvalidArgumentError("--model: names no model folder; unet needs one");
  }
  if (flags.threads < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("--threads = ", flags.threads, ": must be at least 1"));
  }
  ASSIGN_OR_RETURN(const TorchSegmenterOptions options, SegmenterOptions(flags));
  return LoadTorchSegmenter(flags.model, options, clock);
}

#else

absl::StatusOr<std::shared_ptr<const Segmenter>> LoadSegmenter(const UnetFlags&, const Clock*) {
  return absl::UnimplementedError(
      "unet: this program was built without libtorch (ATOMSTREAM_BUILD_TORCH=OFF)");
}

#endif

}  // namespace atomstream::bench
