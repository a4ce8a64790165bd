#include "detectors/unet/torch_ensemble.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "detectors/unet/tile_grid.h"
#include "detectors/unet/torch_memory.h"
#include "torch/cuda.h"

namespace atomstream {
namespace {

// Less is not worth fewer digits.
constexpr double kLeastGain = 1.2;
constexpr int kTimedRuns = 3;
constexpr int kTimedTilePx = 256;
// The first runs of a TorchScript network are observed and then compiled.
constexpr int kWarmUpRuns = 2;

at::Tensor TensorOf(const Image& image) {
  const Image continuous = image.isContinuous() ? image : Image(image.clone());
  return at::from_blob(const_cast<float*>(continuous[0]), {1, 1, image.rows, image.cols},
                       at::kFloat)
      .clone();
}

int64_t CountNonFinite(const at::Tensor& map) {
  const float* values = map.data_ptr<float>();
  return std::count_if(values, values + map.numel(), [](float v) { return !std::isfinite(v); });
}

absl::Status NotFiniteError(const std::string& member, int64_t count) {
  return absl::DataLossError(
      absl::StrCat("'", member, "': ", count, " pixels of its output are not finite"));
}

// What fails while a model is loaded is the model's fault, but for memory.
absl::Status AsRefusal(const absl::Status& status) {
  return absl::IsInternal(status) ? absl::InvalidArgumentError(status.message()) : status;
}

absl::Status CheckGolden(const TorchMember& member, c10::Device device, const Image& input,
                         const Image& expected, double tolerance) {
  const absl::StatusOr<at::Tensor> output = member.Run(TensorOf(input).to(device));
  if (!output.ok()) return AsRefusal(output.status());
  const at::Tensor map = output->cpu();
  if (const int64_t count = CountNonFinite(map); count > 0) {
    return NotFiniteError(member.name(), count);
  }
  const double difference = (map - TensorOf(expected)).abs().max().item<double>();
  if (difference <= tolerance) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("'", member.name(), "': its probabilities for the golden input differ by up to ",
                   difference, " from its golden output; golden.tolerance is ", tolerance));
}

absl::StatusOr<std::vector<TorchMember>> LoadMembers(const CheckedModel& model, c10::Device device,
                                                     at::ScalarType precision,
                                                     bool convert_weights) {
  const ModelManifest& manifest = model.manifest;
  std::vector<TorchMember> members;
  for (size_t i = 0; i < manifest.members.size(); ++i) {
    ASSIGN_OR_RETURN(TorchMember member,
                     TorchMember::Load(model.scripts[i], manifest.members[i].script.name,
                                       manifest.output, device, precision, convert_weights));
    RETURN_IF_ERROR(CheckGolden(member, device, model.golden_input, model.golden_outputs[i],
                                manifest.golden_tolerance));
    members.push_back(std::move(member));
  }
  return members;
}

// Networks that cast their weights to their input's type keep them in float32, which batch norms
// gain from; of others the weights are converted. Networks that can do neither, such as frozen
// ones, serve in float32: empty.
std::vector<TorchMember> LoadReduced(const CheckedModel& model, c10::Device device,
                                     at::ScalarType precision) {
  for (const bool convert_weights : {false, true}) {
    absl::StatusOr<std::vector<TorchMember>> members =
        LoadMembers(model, device, precision, convert_weights);
    if (members.ok()) return *std::move(members);
  }
  return {};
}

void Synchronise(c10::Device device) {
  if (device.is_cuda()) torch::cuda::synchronize(device.index());
}

// The best of a few runs of one tile; forever if it fails.
absl::Duration TimeTile(const TorchMember& member, c10::Device device, int tile_px,
                        const Clock& clock) {
  const at::Tensor tile = at::rand({1, 1, tile_px, tile_px}).to(device);
  absl::Duration best = absl::InfiniteDuration();
  for (int i = 0; i < kWarmUpRuns + kTimedRuns; ++i) {
    Synchronise(device);
    const absl::Time start = clock.Now();
    if (!member.Run(tile).ok()) return absl::InfiniteDuration();
    Synchronise(device);
    if (i >= kWarmUpRuns) best = std::min(best, clock.Now() - start);
  }
  return best;
}

// The mean of the members' maps and the mean square distance from it, one member after another.
class RunningMoments {
 public:
  void Add(const at::Tensor& map) {
    if (++count_ == 1) {
      mean_ = map.clone();
      squares_ = at::zeros_like(map);
      return;
    }
    const at::Tensor delta = map - mean_;
    mean_ += delta / count_;
    squares_ += delta * (map - mean_);
  }
  at::Tensor mean() const { return mean_; }
  at::Tensor variance() const { return squares_ / count_; }

 private:
  int count_ = 0;
  at::Tensor mean_;
  at::Tensor squares_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TorchEnsemble>> TorchEnsemble::Load(
    const CheckedModel& model, c10::Device device, const TorchSegmenterOptions& options,
    const Clock* clock) {
  try {
    at::ScalarType precision = at::kFloat;
    ASSIGN_OR_RETURN(std::vector<TorchMember> members,
                     LoadMembers(model, device, precision, /*convert_weights=*/false));
    if (options.precision != TorchPrecision::kFloat32) {
      const at::ScalarType reduced = device.is_cuda() ? at::kHalf : at::kBFloat16;
      std::vector<TorchMember> candidates = LoadReduced(model, device, reduced);
      bool take = !candidates.empty();
      if (take && options.precision == TorchPrecision::kAuto) {
        const int tile_px = std::min(options.tile_px, kTimedTilePx);
        const absl::Duration full = TimeTile(members.front(), device, tile_px, *clock);
        take = full > kLeastGain * TimeTile(candidates.front(), device, tile_px, *clock);
      }
      if (take) {
        members = std::move(candidates);
        precision = reduced;
      }
    }
    std::unique_ptr<TorchEnsemble> ensemble(
        new TorchEnsemble(device, precision, std::move(members), options.overlap_px, clock));
    RETURN_IF_ERROR(ensemble->WarmUp(options));
    return ensemble;
  } catch (...) {
    return StatusOfTorchException("loading a model");
  }
}

std::string TorchEnsemble::precision() const {
  if (precision_ == at::kBFloat16) return "bfloat16";
  return precision_ == at::kHalf ? "float16" : "float32";
}

int64_t TorchEnsemble::weight_bytes() const {
  int64_t bytes = 0;
  for (const TorchMember& member : members_) bytes += member.weight_bytes();
  return bytes;
}

absl::Status TorchEnsemble::WarmUp(const TorchSegmenterOptions& options) const {
  const int batch = device_.is_cuda() ? options.max_batch : 1;
  for (const int tile_px : kTileSizes) {
    if (tile_px > options.tile_px) break;
    // In a batch only large images have tiles, and these are of the largest size.
    const int tiles = tile_px == options.tile_px ? batch : 1;
    const at::Tensor input = at::rand({tiles, 1, tile_px, tile_px}).to(device_);
    for (const TorchMember& member : members_) {
      for (int i = 0; i < kWarmUpRuns; ++i) {
        const absl::Status status = member.Run(input).status();
        // Too little memory for this size now: the memory ladder's business, frame by frame.
        if (absl::IsResourceExhausted(status) && device_.is_cuda()) break;
        RETURN_IF_ERROR(AsRefusal(status));
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Segmentation> TorchEnsemble::Segment(const Image& image,
                                                    const SegmentAttempt& attempt) const {
  try {
    const TorchMemory memory(device_);
    absl::StatusOr<Segmentation> result = SegmentOrThrow(image, attempt);
    if (result.ok()) result->memory = memory.most();
    return result;
  } catch (...) {
    return StatusOfTorchException("segmenting an image");
  }
}

absl::StatusOr<Segmentation> TorchEnsemble::SegmentOrThrow(const Image& image,
                                                           const SegmentAttempt& attempt) const {
  const c10::InferenceMode inference;
  const TileGrid grid(image.cols, image.rows, attempt.max_tile_px, overlap_px_);
  const int side = grid.tile_px();
  const size_t tile_bytes = static_cast<size_t>(side) * side * sizeof(float);
  Segmentation result;
  result.mean = Image(image.rows, image.cols, 0.0f);
  result.variance = Image(image.rows, image.cols, 0.0f);
  result.device = device();
  result.precision = precision();
  result.tiles = grid.count();
  for (int first = 0; first < grid.count(); first += attempt.max_batch) {
    const int tiles = std::min(attempt.max_batch, grid.count() - first);
    result.batches.insert(result.batches.end(), members_.size(), tiles);
    const at::Tensor cut = at::empty({tiles, 1, side, side}, at::kFloat);
    for (int i = 0; i < tiles; ++i) {
      std::memcpy(cut[i].data_ptr<float>(), grid.Cut(image, first + i)[0], tile_bytes);
    }
    const absl::Time start = clock_.Now();
    const at::Tensor batch = cut.to(device_);
    Synchronise(device_);
    const absl::Time uploaded = clock_.Now();
    std::vector<at::Tensor> maps;
    RunningMoments moments;
    for (const TorchMember& member : members_) {
      ASSIGN_OR_RETURN(const at::Tensor map, member.Run(batch));
      maps.push_back(map);
      moments.Add(map);
    }
    const at::Tensor both = at::stack({moments.mean(), moments.variance()});
    Synchronise(device_);
    const absl::Time computed = clock_.Now();
    const at::Tensor back = both.cpu();
    if (device_.is_cuda()) {
      result.transfer += (uploaded - start) + (clock_.Now() - computed);
    }
    result.compute += computed - uploaded;
    if (CountNonFinite(back) > 0) {
      for (size_t i = 0; i < maps.size(); ++i) {
        const int64_t count = CountNonFinite(maps[i].cpu());
        if (count > 0) return NotFiniteError(members_[i].name(), count);
      }
    }
    const float* values = back.data_ptr<float>();
    for (int i = 0; i < tiles; ++i) {
      const size_t pixels = static_cast<size_t>(side) * side;
      float* mean = const_cast<float*>(values) + i * pixels;
      float* variance = mean + tiles * pixels;
      grid.Add(Image(side, side, mean), first + i, result.mean);
      grid.Add(Image(side, side, variance), first + i, result.variance);
    }
  }
  return result;
}

}  // namespace atomstream
