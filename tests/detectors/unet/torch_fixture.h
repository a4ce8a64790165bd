// Model folders of tiny networks for the tests of what runs them.
#ifndef ATOMSTREAM_TESTS_DETECTORS_UNET_TORCH_FIXTURE_H_
#define ATOMSTREAM_TESTS_DETECTORS_UNET_TORCH_FIXTURE_H_

#include <cmath>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "detectors/unet/torch_segmenter.h"
#include "tests/detectors/unet/model_folder.h"
#include "torch/script.h"

namespace atomstream {

inline constexpr int kSide = 128;

// A network with one weight: forward's text, as TorchScript. It is saved as float32.
inline torch::jit::Module Network(const std::string& forward, float weight = 1) {
  torch::jit::Module network("Tiny");
  network.register_parameter("weight", torch::full({1, 1, 1, 1}, weight), false);
  network.register_attribute("training", c10::BoolType::get(), false);
  network.define("def forward(self, x: Tensor) -> Tensor:\n    " + forward + "\n");
  return network;
}

inline std::string ScriptOf(const torch::jit::Module& network) {
  std::ostringstream stream;
  network.save(stream);
  return stream.str();
}

// Logits weight * x, in the type of the input.
inline std::string Linear(float weight) {
  return ScriptOf(Network("return torch.conv2d(x, self.weight.to(x.dtype))", weight));
}

inline Image Sigmoid(const Image& image, float weight) {
  Image map(image.rows, image.cols);
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) map(y, x) = 1 / (1 + std::exp(-weight * image(y, x)));
  }
  return map;
}

inline const Image& Golden() {
  static const Image& image = *new Image(CrystalImage("graphene", 6, kSide));
  return image;
}

// A model whose golden outputs are right for Linear(weight) networks.
inline ModelFolder LinearModel(const std::vector<float>& weights) {
  std::vector<std::string> scripts;
  std::vector<Image> outputs;
  for (const float weight : weights) {
    scripts.push_back(Linear(weight));
    outputs.push_back(Sigmoid(Golden(), weight));
  }
  return ModelFolder(scripts, Golden(), outputs);
}

// One member with that forward; its golden output is that of Linear(1).
inline ModelFolder ModelWith(const std::string& forward) {
  return ModelFolder({ScriptOf(Network(forward))}, Golden(), {Sigmoid(Golden(), 1)});
}

inline TorchSegmenterOptions Float32() {
  TorchSegmenterOptions options;
  options.device = TorchDevice::kCpu;
  options.precision = TorchPrecision::kFloat32;
  options.tile_px = 128;
  return options;
}

inline absl::StatusOr<std::shared_ptr<const Segmenter>> Load(
    const ModelFolder& model, const TorchSegmenterOptions& options = Float32()) {
  const TemporaryFolder folder;
  model.Write(folder.path());
  static const SteadyClock& clock = *new SteadyClock();  // outlives the segmenter
  return LoadTorchSegmenter(folder.path(), options, &clock);
}

inline Image RandomImage(int width, int height) {
  Image image(height, width);
  cv::RNG random(7);
  random.fill(image, cv::RNG::UNIFORM, 0.0, 1.0);
  return image;
}

inline double LargestDifference(const Image& a, const Image& b) {
  return cv::norm(a, b, cv::NORM_INF);
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_DETECTORS_UNET_TORCH_FIXTURE_H_
