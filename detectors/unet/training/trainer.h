// Trainer: trains one network on training frames, step by step, from a seed; can stop at any step
// and go on later from a checkpoint as if it had not stopped.
//
// Frames are drawn for the next step while the present one computes, both on the executor's
// threads. Step n sees the same frames however the work is scheduled and whether or not it was
// resumed; the arithmetic is the device's, so that results agree between machines in quality, not
// in every digit. Used by one thread.
#ifndef ATOMSTREAM_DETECTORS_UNET_TRAINING_TRAINER_H_
#define ATOMSTREAM_DETECTORS_UNET_TRAINING_TRAINER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/executor.h"
#include "detectors/unet/training/training_frame.h"
#include "detectors/unet/training/unet_network.h"
#include "torch/optim/adamw.h"

namespace atomstream {

struct TrainerOptions {
  TrainingFrameOptions frames;
  UnetShape shape;
  uint64_t seed = 1;
  int64_t steps = 2000;         // of the whole training; the learning rate falls over them
  int frames_per_step = 4;      // each is cut into crops
  int crop_px = 128;            // divides frames.size_px; a multiple of kUnetSizeMultiple
  double learning_rate = 2e-3;  // greatest, after the first steps; falls to a fiftieth
  double weight_decay = 1e-4;
  std::string device = "cpu";  // "cpu", "cuda"
  bool bfloat16 = false;       // compute in bfloat16; the weights stay float32
};

class Trainer {
 public:
  // `executor` outlives the trainer. InvalidArgument names the option and its value;
  // FailedPrecondition: no such device.
  static absl::StatusOr<std::unique_ptr<Trainer>> Create(const TrainerOptions& options,
                                                         Executor* executor);

  // Trains one step and returns its loss: binary cross entropy, mean over pixels. Internal: the
  // loss is not finite.
  absl::StatusOr<double> Step();
  int64_t steps_done() const { return steps_done_; }

  // Probability maps of `images` (each with sides that are multiples of kUnetSizeMultiple), with
  // the network as it stands, in float32.
  absl::StatusOr<std::vector<Image>> Predict(const std::vector<Image>& images);

  // A checkpoint is two files, path + ".network" and path + ".optimizer", each replaced in one
  // step. LoadCheckpoint: NotFound when there is none; FailedPrecondition: made with other options.
  absl::Status SaveCheckpoint(const std::string& path);
  absl::Status LoadCheckpoint(const std::string& path);

  // TorchScript, in evaluation mode, float32, on the CPU.
  absl::Status SaveNetwork(const std::string& path);

 private:
  struct Batch {
    at::Tensor input, target;
    absl::Status status;
  };

  Trainer(const TrainerOptions& options, Executor* executor);
  Batch DrawBatch(int64_t step) const;
  double LearningRate(int64_t step) const;
  double TrainOn(const Batch& batch);
  void MakeOptimizer();

  const TrainerOptions options_;
  Executor* const executor_;
  const at::Device device_;
  torch::jit::Module network_;
  std::unique_ptr<torch::optim::AdamW> optimizer_;
  int64_t steps_done_ = 0;
  Batch next_;  // drawn for step steps_done_, or empty
};

// What decides the outcome of a training, in one line: network, seed, steps, frames.
std::string DescribeTraining(const TrainerOptions& options);

// Probability maps as Trainer::Predict, of a network that SaveNetwork wrote.
absl::StatusOr<std::vector<Image>> PredictWith(const std::string& network_path,
                                               const std::vector<Image>& images);

// Threads of libtorch's arithmetic when the calling thread trains, >= 1.
void SetTrainingThreads(int threads);

// Whether a training step is faster in bfloat16 than in float32, measured on this machine; false
// also where the device cannot do it.
bool Bfloat16Gains(const UnetShape& shape, const std::string& device);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_TRAINING_TRAINER_H_
