#include "detectors/unet/training/trainer.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "ATen/Parallel.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "torch/serialize/input-archive.h"
#include "torch/serialize/output-archive.h"

namespace atomstream {
namespace {

constexpr int64_t kWarmUpSteps = 100;
constexpr double kLastRate = 0.02;  // of the greatest

// A view of the image: the image must outlive the tensor.
at::Tensor ViewOf(const Image& image) {
  return torch::from_blob(image.data, {1, 1, image.rows, image.cols}, torch::kFloat32);
}

at::Tensor WithFastLayout(const at::Tensor& tensor) {
  return tensor.contiguous(at::MemoryFormat::ChannelsLast);
}

// Convolutions are fastest when weights and activations have their channels last.
void UseFastLayout(torch::jit::Module& network) {
  for (at::Tensor parameter : network.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(WithFastLayout(parameter));
  }
}

std::vector<Image> MapsOf(torch::jit::Module& network, const at::Device& device,
                          const std::vector<Image>& images) {
  const torch::NoGradGuard no_gradients;
  network.train(false);
  std::vector<Image> maps;
  for (const Image& image : images) {
    const at::Tensor input = WithFastLayout(ViewOf(image)).to(device);
    const at::Tensor map =
        network.forward({input}).toTensor().sigmoid().to(torch::kCPU).contiguous();
    maps.push_back(Image(image.rows, image.cols, map.data_ptr<float>()).clone());
  }
  return maps;
}

absl::Status ReplaceFile(const std::string& from, const std::string& to) {
  std::error_code error;
  std::filesystem::rename(from, to, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(to, ": cannot be written: ", error.message()));
}

absl::Status Validate(const TrainerOptions& o) {
  const auto invalid = [](absl::string_view name, auto value, absl::string_view rule) {
    return absl::InvalidArgumentError(absl::StrCat(name, " = ", value, ": must be ", rule));
  };
  if (o.steps < 1) return invalid("steps", o.steps, "at least 1");
  if (o.frames_per_step < 1) return invalid("frames_per_step", o.frames_per_step, "at least 1");
  if (o.crop_px < kUnetSizeMultiple || o.crop_px % kUnetSizeMultiple != 0) {
    return invalid("crop_px", o.crop_px, absl::StrCat("a multiple of ", kUnetSizeMultiple));
  }
  if (o.frames.size_px < o.crop_px || o.frames.size_px % o.crop_px != 0) {
    return invalid("frames.size_px", o.frames.size_px, "a multiple of crop_px");
  }
  if (!(o.learning_rate > 0)) return invalid("learning_rate", o.learning_rate, "above 0");
  if (o.device != "cpu" && o.device != "cuda") return invalid("device", o.device, "cpu or cuda");
  if (o.device == "cuda" && !at::hasCUDA()) {
    return absl::FailedPreconditionError("device = cuda: this libtorch has none");
  }
  return absl::OkStatus();
}

bool MeasureBfloat16Gain(const UnetShape& shape, const at::Device& device) {
  torch::jit::Module network = BuildUnet(shape, 1);
  network.to(device);
  UseFastLayout(network);
  const auto best_of = [&](at::ScalarType type) {
    const at::Tensor input =
        torch::zeros({4, 1, 128, 128}).contiguous(at::MemoryFormat::ChannelsLast).to(device, type);
    double best = 1e9;
    for (int i = 0; i < 4; ++i) {
      const auto start = std::chrono::steady_clock::now();
      network.forward({input}).toTensor().to(torch::kFloat32).sum().backward();
      const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
      best = std::min(best, time.count());
    }
    return best;
  };
  return best_of(torch::kBFloat16) * 1.2 < best_of(torch::kFloat32);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Trainer>> Trainer::Create(const TrainerOptions& options,
                                                         Executor* executor) {
  RETURN_IF_ERROR(Validate(options));
  return CatchToStatus("training", [&]() -> absl::StatusOr<std::unique_ptr<Trainer>> {
    return std::unique_ptr<Trainer>(new Trainer(options, executor));
  });
}

Trainer::Trainer(const TrainerOptions& options, Executor* executor)
    : options_(options),
      executor_(executor),
      device_(options.device),
      network_(BuildUnet(options.shape, options.seed)) {
  network_.to(device_);
  UseFastLayout(network_);
  MakeOptimizer();
}

void Trainer::MakeOptimizer() {
  optimizer_ = std::make_unique<torch::optim::AdamW>(
      ParametersOf(network_),
      torch::optim::AdamWOptions(options_.learning_rate).weight_decay(options_.weight_decay));
}

Trainer::Batch Trainer::DrawBatch(int64_t step) const {
  Batch batch;
  std::vector<at::Tensor> inputs, targets;
  const int crop = options_.crop_px;
  for (int i = 0; i < options_.frames_per_step; ++i) {
    const auto frame =
        DrawTrainingFrame(options_.frames, options_.seed, step * options_.frames_per_step + i);
    if (!frame.ok()) {
      batch.status = frame.status();
      return batch;
    }
    for (int y = 0; y < options_.frames.size_px; y += crop) {
      for (int x = 0; x < options_.frames.size_px; x += crop) {
        const cv::Rect area(x, y, crop, crop);
        inputs.push_back(ViewOf(Image(frame->input(area).clone())).clone());
        targets.push_back(ViewOf(Image(frame->target(area).clone())).clone());
      }
    }
  }
  batch.input = WithFastLayout(torch::cat(inputs));
  batch.target = torch::cat(targets);
  return batch;
}

double Trainer::LearningRate(int64_t step) const {
  if (step < kWarmUpSteps) return options_.learning_rate * (step + 1) / kWarmUpSteps;
  const double progress = std::min(1.0, static_cast<double>(step) / options_.steps);
  const double falling = 0.5 * (1 + std::cos(progress * 3.14159265358979323846));
  return options_.learning_rate * (kLastRate + (1 - kLastRate) * falling);
}

double Trainer::TrainOn(const Batch& batch) {
  network_.train(true);
  for (auto& group : optimizer_->param_groups()) {
    static_cast<torch::optim::AdamWOptions&>(group.options()).lr(LearningRate(steps_done_));
  }
  at::Tensor input = batch.input.to(device_);
  if (options_.bfloat16) input = input.to(torch::kBFloat16);
  optimizer_->zero_grad();
  const at::Tensor logits = network_.forward({input}).toTensor().to(torch::kFloat32);
  at::Tensor loss = torch::binary_cross_entropy_with_logits(logits, batch.target.to(device_));
  loss.backward();
  optimizer_->step();
  return loss.item<double>();
}

absl::StatusOr<double> Trainer::Step() {
  return CatchToStatus("training step", [&]() -> absl::StatusOr<double> {
    const Batch batch =
        next_.input.defined() ? std::exchange(next_, Batch{}) : DrawBatch(steps_done_);
    RETURN_IF_ERROR(batch.status);
    double loss = 0;
    executor_->ParallelFor(2, [&](int part) {
      if (part == 0) loss = TrainOn(batch);
      if (part == 1) next_ = DrawBatch(steps_done_ + 1);
    });
    if (!std::isfinite(loss)) {
      return absl::InternalError(absl::StrCat("step ", steps_done_, ": the loss is ", loss));
    }
    ++steps_done_;
    return loss;
  });
}

absl::StatusOr<std::vector<Image>> Trainer::Predict(const std::vector<Image>& images) {
  return CatchToStatus("prediction", [&]() -> absl::StatusOr<std::vector<Image>> {
    return MapsOf(network_, device_, images);
  });
}

absl::Status Trainer::SaveCheckpoint(const std::string& path) {
  return CatchToStatus("checkpoint", [&] {
    network_.save(path + ".network.part");
    torch::serialize::OutputArchive archive;
    optimizer_->save(archive);
    archive.write("steps_done", c10::IValue(steps_done_));
    archive.write("fingerprint", c10::IValue(DescribeTraining(options_)));
    archive.save_to(path + ".optimizer.part");
    RETURN_IF_ERROR(ReplaceFile(path + ".network.part", path + ".network"));
    return ReplaceFile(path + ".optimizer.part", path + ".optimizer");
  });
}

absl::Status Trainer::LoadCheckpoint(const std::string& path) {
  if (!std::filesystem::exists(path + ".optimizer")) {
    return absl::NotFoundError(absl::StrCat(path, ".optimizer: no such checkpoint"));
  }
  return CatchToStatus("checkpoint", [&] {
    torch::serialize::InputArchive archive;
    archive.load_from(path + ".optimizer");
    c10::IValue fingerprint, steps_done;
    archive.read("fingerprint", fingerprint);
    archive.read("steps_done", steps_done);
    if (fingerprint.toStringRef() != DescribeTraining(options_)) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, ": was made with other options: ", fingerprint.toStringRef(),
                       "; now: ", DescribeTraining(options_)));
    }
    network_ = torch::jit::load(path + ".network", device_);
    UseFastLayout(network_);
    MakeOptimizer();
    optimizer_->load(archive);
    steps_done_ = steps_done.toInt();
    next_ = Batch{};
    return absl::OkStatus();
  });
}

absl::Status Trainer::SaveNetwork(const std::string& path) {
  return CatchToStatus("saving the network", [&] {
    torch::jit::Module copy = network_.deepcopy();
    copy.to(torch::kCPU);
    for (at::Tensor parameter : copy.parameters()) parameter.set_data(parameter.contiguous());
    copy.eval();
    copy.save(path);
    return absl::OkStatus();
  });
}

std::string DescribeTraining(const TrainerOptions& o) {
  const TrainingFrameOptions& f = o.frames;
  return absl::StrCat(
      o.shape.Name(), " seed=", o.seed, " steps=", o.steps, " frames=", o.frames_per_step, "x",
      f.size_px, " crop=", o.crop_px, " rate=", o.learning_rate, " decay=", o.weight_decay,
      " scale=", f.scale_px_per_d_nn, "+-", f.scale_error, " target=", f.target_sigma_d_nn,
      " shares=", f.graphene_share, ",", f.srtio3_share, " noise=", f.max_noise);
}

absl::StatusOr<std::vector<Image>> PredictWith(const std::string& network_path,
                                               const std::vector<Image>& images) {
  return CatchToStatus(network_path, [&]() -> absl::StatusOr<std::vector<Image>> {
    torch::jit::Module network = torch::jit::load(network_path);
    UseFastLayout(network);
    return MapsOf(network, at::kCPU, images);
  });
}

void SetTrainingThreads(int threads) { at::set_num_threads(threads); }

bool Bfloat16Gains(const UnetShape& shape, const std::string& device) {
  const absl::StatusOr<bool> gains = CatchToStatus("comparing precisions", [&] {
    return absl::StatusOr<bool>(MeasureBfloat16Gain(shape, at::Device(device)));
  });
  return gains.ok() && *gains;
}

}  // namespace atomstream
