// The network: AtomAI's Unet shape as TorchScript, made here and nowhere else. What is trained is
// what is saved and what is served.
//
// Every convolution casts its weights to the type of its input, so that one file runs in float32
// and in bfloat16. Each block is Conv3x3 -> LeakyReLU(0.01) -> BatchNorm, repeated. Not
// thread-safe, as any module in training.
#ifndef ATOMSTREAM_DETECTORS_UNET_TRAINING_UNET_NETWORK_H_
#define ATOMSTREAM_DETECTORS_UNET_TRAINING_UNET_NETWORK_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "torch/script.h"

namespace atomstream {

struct UnetShape {
  int filters = 16;                          // of the first level; each level below doubles them
  std::array<int, 4> layers = {1, 2, 2, 3};  // convolutions of a block, level by level

  std::string Name() const;  // "atomai-unet filters=16 layers=1,2,2,3"
};

// The three poolings ask for input sides that are multiples of this.
inline constexpr int kUnetSizeMultiple = 8;

// In training mode, float32, randomly initialised from `seed`. forward(x): x of shape
// [batch, 1, height, width], float32 or bfloat16 -> logits of the same shape and type.
torch::jit::Module BuildUnet(const UnetShape& shape, uint64_t seed);

// Parameters in a fixed order, without the batch norms' running statistics.
std::vector<at::Tensor> ParametersOf(const torch::jit::Module& network);
int64_t CountParameters(const torch::jit::Module& network);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_TRAINING_UNET_NETWORK_H_
