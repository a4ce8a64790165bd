// TorchMember: one network of an ensemble on one device in one precision. With torch_ensemble.*,
// torch_memory.* and torch_segmenter.cc all that includes torch for serving.
//
// Movable. Run may be called by one thread at a time: TorchSegmenter's lock sees to that. No
// exception leaves a function of this file.
#ifndef ATOMSTREAM_DETECTORS_UNET_TORCH_MEMBER_H_
#define ATOMSTREAM_DETECTORS_UNET_TORCH_MEMBER_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "detectors/unet/model_manifest.h"
#include "torch/script.h"

namespace atomstream {

// What torch threw, in one line of bounded length: ResourceExhausted if memory ran out, else
// Internal. Call it from within a catch block only.
absl::Status StatusOfTorchException(absl::string_view what);

class TorchMember {
 public:
  // `script` is the file's content, whose sha256 was checked; `name` is for errors. The network is
  // put into evaluation mode, its weights into channels-last order, and frozen. With
  // `convert_weights` its weights are stored in `precision` before; without, they stay as they are,
  // for networks that cast them themselves. InvalidArgument: no TorchScript.
  static absl::StatusOr<TorchMember> Load(const std::string& script, const std::string& name,
                                          ModelOutput output, c10::Device device,
                                          at::ScalarType precision, bool convert_weights);

  // `batch`: [n, 1, height, width], float32, on the member's device. Returns probabilities, of the
  // same shape, float32 and on the same device; where the network's output was not finite they are
  // NaN. InvalidArgument: the network returned no tensor, another shape, or neither float32 nor
  // the precision. Otherwise as StatusOfTorchException.
  absl::StatusOr<at::Tensor> Run(const at::Tensor& batch) const;

  const std::string& name() const { return name_; }
  int64_t weight_bytes() const { return weight_bytes_; }  // parameters and buffers

 private:
  TorchMember(torch::jit::Module network, std::string name, ModelOutput output,
              at::ScalarType precision, int64_t weight_bytes)
      : network_(std::move(network)),
        name_(std::move(name)),
        output_(output),
        precision_(precision),
        weight_bytes_(weight_bytes) {}

  absl::StatusOr<at::Tensor> RunOrThrow(const at::Tensor& batch) const;

  mutable torch::jit::Module network_;  // forward() is not const
  std::string name_;
  ModelOutput output_;
  at::ScalarType precision_;
  int64_t weight_bytes_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_TORCH_MEMBER_H_
