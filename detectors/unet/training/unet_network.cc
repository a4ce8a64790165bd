#include "detectors/unet/training/unet_network.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace atomstream {
namespace {

using torch::jit::Module;

constexpr const char* kConvolution = R"(
def forward(self, x: Tensor) -> Tensor:
    return torch.conv2d(x, self.weight.to(x.dtype), self.bias.to(x.dtype),
                        [1, 1], [self.padding, self.padding], [1, 1], 1)
)";

constexpr const char* kBatchNorm = R"(
def forward(self, x: Tensor) -> Tensor:
    return torch.batch_norm(x, self.weight, self.bias, self.running_mean, self.running_var,
                            self.training, 0.1, 1e-5, False)
)";

constexpr const char* kUpsample = R"(
def forward(self, x: Tensor) -> Tensor:
    larger = torch.upsample_bilinear2d(x, [2 * x.size(2), 2 * x.size(3)], False)
    return self.convolution.forward(larger)
)";

constexpr const char* kUnet = R"(
def forward(self, x: Tensor) -> Tensor:
    down1 = self.down1.forward(x)
    down2 = self.down2.forward(torch.max_pool2d(down1, [2, 2]))
    down3 = self.down3.forward(torch.max_pool2d(down2, [2, 2]))
    bottom = self.bottom.forward(torch.max_pool2d(down3, [2, 2]))
    up3 = self.up3.forward(torch.cat([down3, self.widen3.forward(bottom)], 1))
    up2 = self.up2.forward(torch.cat([down2, self.widen2.forward(up3)], 1))
    up1 = self.up1.forward(torch.cat([down1, self.widen1.forward(up2)], 1))
    return self.output.forward(up1)
)";

Module MakeModule(const std::string& name) {
  Module module(name);
  module.register_attribute("training", c10::BoolType::get(), true);
  return module;
}

// Uniform within 1 / sqrt(fan in), weights and bias, as PyTorch initialises a convolution.
Module MakeConvolution(int inputs, int outputs, int size, at::Generator& generator) {
  const double bound = 1 / std::sqrt(static_cast<double>(inputs * size * size));
  Module module = MakeModule("Convolution");
  const auto uniform = [&](at::IntArrayRef shape) {
    return torch::empty(shape).uniform_(-bound, bound, generator).set_requires_grad(true);
  };
  module.register_parameter("weight", uniform({outputs, inputs, size, size}), false);
  module.register_parameter("bias", uniform({outputs}), false);
  module.register_attribute("padding", c10::IntType::get(), static_cast<int64_t>(size / 2));
  module.define(kConvolution);
  return module;
}

Module MakeBatchNorm(int channels) {
  Module module = MakeModule("BatchNorm");
  module.register_parameter("weight", torch::ones({channels}).set_requires_grad(true), false);
  module.register_parameter("bias", torch::zeros({channels}).set_requires_grad(true), false);
  module.register_buffer("running_mean", torch::zeros({channels}));
  module.register_buffer("running_var", torch::ones({channels}));
  module.define(kBatchNorm);
  return module;
}

Module MakeBlock(int inputs, int outputs, int layers, at::Generator& generator) {
  Module module = MakeModule("Block");
  std::string forward = "def forward(self, x: Tensor) -> Tensor:\n";
  for (int i = 0; i < layers; ++i) {
    module.register_module(absl::StrCat("convolution", i),
                           MakeConvolution(i == 0 ? inputs : outputs, outputs, 3, generator));
    module.register_module(absl::StrCat("norm", i), MakeBatchNorm(outputs));
    absl::StrAppend(&forward, "    x = self.norm", i, ".forward(torch.leaky_relu(self.convolution",
                    i, ".forward(x), 0.01))\n");
  }
  module.define(absl::StrCat(forward, "    return x\n"));
  return module;
}

Module MakeUpsample(int inputs, int outputs, at::Generator& generator) {
  Module module = MakeModule("Upsample");
  module.register_module("convolution", MakeConvolution(inputs, outputs, 1, generator));
  module.define(kUpsample);
  return module;
}

}  // namespace

std::string UnetShape::Name() const {
  return absl::StrCat("atomai-unet filters=", filters, " layers=", absl::StrJoin(layers, ","));
}

Module BuildUnet(const UnetShape& shape, uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  const int f = shape.filters;
  const std::array<int, 4>& layers = shape.layers;
  Module unet = MakeModule("Unet");
  unet.register_module("down1", MakeBlock(1, f, layers[0], generator));
  unet.register_module("down2", MakeBlock(f, 2 * f, layers[1], generator));
  unet.register_module("down3", MakeBlock(2 * f, 4 * f, layers[2], generator));
  unet.register_module("bottom", MakeBlock(4 * f, 8 * f, layers[3], generator));
  unet.register_module("widen3", MakeUpsample(8 * f, 4 * f, generator));
  unet.register_module("up3", MakeBlock(8 * f, 4 * f, layers[2], generator));
  unet.register_module("widen2", MakeUpsample(4 * f, 2 * f, generator));
  unet.register_module("up2", MakeBlock(4 * f, 2 * f, layers[1], generator));
  unet.register_module("widen1", MakeUpsample(2 * f, f, generator));
  unet.register_module("up1", MakeBlock(2 * f, f, layers[0], generator));
  unet.register_module("output", MakeConvolution(f, 1, 1, generator));
  unet.define(kUnet);
  return unet;
}

std::vector<at::Tensor> ParametersOf(const Module& network) {
  std::vector<at::Tensor> parameters;
  for (const at::Tensor& parameter : network.parameters()) parameters.push_back(parameter);
  return parameters;
}

int64_t CountParameters(const Module& network) {
  int64_t count = 0;
  for (const at::Tensor& parameter : network.parameters()) count += parameter.numel();
  return count;
}

}  // namespace atomstream
