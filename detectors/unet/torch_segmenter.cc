#include "detectors/unet/torch_segmenter.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ATen/Parallel.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/mutex.h"
#include "core/base/status_macros.h"
#include "detectors/unet/memory_ladder.h"
#include "detectors/unet/model_manifest.h"
#include "detectors/unet/tile_grid.h"
#include "detectors/unet/torch_ensemble.h"
#include "torch/cuda.h"

namespace atomstream {
namespace {

constexpr int kMaxThreads = 256;
constexpr int kMaxBatch = 256;

absl::Status ValidateOptions(const TorchSegmenterOptions& options) {
  const auto refuse = [](absl::string_view name, int value, absl::string_view must) {
    return absl::InvalidArgumentError(absl::StrCat(name, " is ", value, ", must be ", must));
  };
  if (options.threads < 1 || options.threads > kMaxThreads) {
    return refuse("threads", options.threads, absl::StrCat("from 1 to ", kMaxThreads));
  }
  if (std::find(kTileSizes.begin(), kTileSizes.end(), options.tile_px) == kTileSizes.end()) {
    return refuse("tile_px", options.tile_px,
                  absl::StrCat("one of ", absl::StrJoin(kTileSizes, ", ")));
  }
  if (options.overlap_px < 0 || options.overlap_px > kTileSizes.front() / 2) {
    return refuse("overlap_px", options.overlap_px,
                  absl::StrCat("from 0 to ", kTileSizes.front() / 2));
  }
  if (options.max_batch < 1 || options.max_batch > kMaxBatch) {
    return refuse("max_batch", options.max_batch, absl::StrCat("from 1 to ", kMaxBatch));
  }
  return absl::OkStatus();
}

absl::StatusOr<CheckedModel> ReadModel(const std::string& folder) {
  CheckedModel model;
  ASSIGN_OR_RETURN(model.manifest, LoadModelManifest(folder));
  ASSIGN_OR_RETURN(model.golden_input,
                   LoadGolden(folder, model.manifest, model.manifest.golden_input));
  for (const ModelMember& member : model.manifest.members) {
    ASSIGN_OR_RETURN(std::string script, ReadModelFile(folder, member.script));
    model.scripts.push_back(std::move(script));
    ASSIGN_OR_RETURN(Image output, LoadGolden(folder, model.manifest, member.golden_output));
    model.golden_outputs.push_back(std::move(output));
  }
  return model;
}

class TorchSegmenter final : public Segmenter {
 public:
  // `model` is kept only where a GPU may need its copy on the CPU.
  TorchSegmenter(CheckedModel model, const TorchSegmenterOptions& options, const Clock* clock,
                 std::unique_ptr<TorchEnsemble> ensemble, bool on_gpu)
      : info_(InfoOf(model.manifest, *ensemble)),
        options_(options),
        clock_(clock),
        on_gpu_(on_gpu),
        model_(on_gpu ? std::move(model) : CheckedModel()),
        ensemble_(std::move(ensemble)) {}

  const ModelInfo& info() const override { return info_; }

  absl::StatusOr<Segmentation> Segment(const Image& image) const override {
    return CatchToStatus("segmenting an image", [&]() -> absl::StatusOr<Segmentation> {
      if (image.empty()) return absl::InvalidArgumentError("the image has no pixels");
      const MutexLock lock(&mutex_);
      // The number of threads is a setting of each thread that calls OpenMP. Its default is that of
      // the model that was loaded last, which another one may be, even one that was refused.
      if (at::get_num_threads() != options_.threads) at::set_num_threads(options_.threads);
      SegmentAttempt first;
      first.on_gpu = on_gpu_;
      first.max_tile_px = options_.tile_px;
      first.max_batch = on_gpu_ ? options_.max_batch : 1;
      return SegmentWithinMemory(
          first, [&](const SegmentAttempt& attempt)
                     ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return SegmentOnce(image, attempt); });
    });
  }

 private:
  static ModelInfo InfoOf(const ModelManifest& manifest, const TorchEnsemble& ensemble) {
    ModelInfo info = manifest.info();
    info.device = ensemble.device();
    info.precision = ensemble.precision();
    info.weight_bytes = ensemble.weight_bytes();
    return info;
  }

  absl::StatusOr<Segmentation> SegmentOnce(const Image& image, const SegmentAttempt& attempt) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (attempt.on_gpu == on_gpu_) return ensemble_->Segment(image, attempt);
    if (cpu_copy_ == nullptr) {
      ASSIGN_OR_RETURN(cpu_copy_, TorchEnsemble::Load(model_, at::kCPU, options_, clock_));
    }
    return cpu_copy_->Segment(image, attempt);
  }

  const ModelInfo info_;
  const TorchSegmenterOptions options_;
  const Clock* const clock_;
  const bool on_gpu_;
  const CheckedModel model_;
  mutable Mutex mutex_;
  const std::unique_ptr<TorchEnsemble> ensemble_ ABSL_PT_GUARDED_BY(mutex_);
  mutable std::unique_ptr<TorchEnsemble> cpu_copy_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::shared_ptr<const Segmenter>> LoadOrThrow(const std::string& folder,
                                                             const TorchSegmenterOptions& options,
                                                             const Clock* clock) {
  RETURN_IF_ERROR(ValidateOptions(options));
  const bool has_cuda = torch::cuda::is_available();
  if (options.device == TorchDevice::kCuda && !has_cuda) {
    return absl::FailedPreconditionError(
        "device is cuda, but libtorch finds no CUDA device (or was built without CUDA)");
  }
  ASSIGN_OR_RETURN(CheckedModel model, ReadModel(folder));
  at::set_num_threads(options.threads);
  if (has_cuda && options.device != TorchDevice::kCpu) {
    absl::StatusOr<std::unique_ptr<TorchEnsemble>> ensemble =
        TorchEnsemble::Load(model, c10::Device(at::kCUDA, 0), options, clock);
    if (ensemble.ok()) {
      return std::make_shared<TorchSegmenter>(std::move(model), options, clock,
                                              *std::move(ensemble), /*on_gpu=*/true);
    }
    // With auto, a GPU that others have filled is like none.
    if (options.device == TorchDevice::kCuda || !absl::IsResourceExhausted(ensemble.status())) {
      return ensemble.status();
    }
  }
  ASSIGN_OR_RETURN(std::unique_ptr<TorchEnsemble> ensemble,
                   TorchEnsemble::Load(model, at::kCPU, options, clock));
  return std::make_shared<TorchSegmenter>(std::move(model), options, clock, std::move(ensemble),
                                          /*on_gpu=*/false);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Segmenter>> LoadTorchSegmenter(
    const std::string& folder, const TorchSegmenterOptions& options, const Clock* clock) {
  try {
    return LoadOrThrow(folder, options, clock);
  } catch (...) {
    return StatusOfTorchException("loading a model");
  }
}

}  // namespace atomstream
