#include "detectors/unet/torch_member.h"

#include <algorithm>
#include <exception>
#include <new>
#include <sstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr size_t kMaxMessage = 300;

// torch's messages are a page of source code and stack; what is wrong stands in the last line that
// says "Error:" or, failing that, in the first line.
std::string Brief(absl::string_view message) {
  const size_t error = message.rfind("Error: ");
  if (error != absl::string_view::npos) message.remove_prefix(error + 7);
  message = message.substr(0, message.find('\n'));
  return std::string(message.substr(0, kMaxMessage));
}

absl::Status StatusOfMessage(absl::string_view what, const char* message) {
  // By the text, too: the TorchScript interpreter throws everything on as std::runtime_error. Of
  // CUDA "CUDA out of memory", of the CPU "can't allocate memory".
  const bool memory =
      absl::StrContains(message, "out of memory") || absl::StrContains(message, "allocate memory");
  const std::string text = absl::StrCat(what, ": ", Brief(message));
  return memory ? absl::ResourceExhaustedError(text) : absl::InternalError(text);
}

std::string ShapeOf(const at::Tensor& tensor) {
  return absl::StrCat("[", absl::StrJoin(tensor.sizes().vec(), ", "), "]");
}

// oneDNN takes a channels-last convolution only if the weights are in that order.
void PutWeightsChannelsLast(torch::jit::Module& network) {
  for (at::Tensor parameter : network.parameters()) {
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
    }
  }
}

template <typename Tensors>
int64_t BytesOf(const Tensors& tensors) {
  int64_t bytes = 0;
  for (const at::Tensor tensor : tensors) bytes += static_cast<int64_t>(tensor.nbytes());
  return bytes;
}

// With one channel both orders are the same bytes, and the strides alone say which is meant.
at::Tensor AsChannelsLast(const at::Tensor& batch) {
  const at::Tensor rows = batch.contiguous();
  const int64_t height = rows.size(2), width = rows.size(3);
  return rows.as_strided(rows.sizes(), {height * width, 1, width, 1});
}

}  // namespace

absl::Status StatusOfTorchException(absl::string_view what) {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrCat(what, ": out of memory"));
  } catch (const c10::Error& e) {
    return StatusOfMessage(what, e.what_without_backtrace());
  } catch (const std::exception& e) {
    return StatusOfMessage(what, e.what());
  } catch (...) {
    return absl::InternalError(absl::StrCat(what, ": exception of unknown type"));
  }
}

absl::StatusOr<TorchMember> TorchMember::Load(const std::string& script, const std::string& name,
                                              ModelOutput output, c10::Device device,
                                              at::ScalarType precision, bool convert_weights) {
  try {
    std::istringstream stream(script);
    torch::jit::Module network = torch::jit::load(stream, device);
    network.eval();
    for (at::Tensor parameter : network.parameters()) parameter.set_requires_grad(false);
    if (convert_weights) network.to(precision);
    PutWeightsChannelsLast(network);
    // Before freezing, which makes constants of them.
    const int64_t weight_bytes = BytesOf(network.parameters()) + BytesOf(network.buffers());
    return TorchMember(torch::jit::freeze(network), name, output, precision, weight_bytes);
  } catch (...) {
    const absl::Status status =
        StatusOfTorchException(absl::StrCat("'", name, "' cannot be loaded as TorchScript"));
    if (absl::IsResourceExhausted(status)) return status;
    return absl::InvalidArgumentError(status.message());
  }
}

absl::StatusOr<at::Tensor> TorchMember::Run(const at::Tensor& batch) const {
  try {
    return RunOrThrow(batch);
  } catch (...) {
    return StatusOfTorchException(absl::StrCat("'", name_, "' fails on a tensor of shape ",
                                               ShapeOf(batch), ", ", c10::toString(precision_)));
  }
}

absl::StatusOr<at::Tensor> TorchMember::RunOrThrow(const at::Tensor& batch) const {
  const c10::InferenceMode inference;
  // A copy even where the type is right: a network may write to its input, which the ensemble's
  // other members are still to see.
  const at::Tensor input = batch.to(precision_, /*non_blocking=*/false, /*copy=*/true);
  const c10::IValue returned = network_.forward({AsChannelsLast(input)});
  if (!returned.isTensor()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", name_, "' returns ", returned.tagKind(), ", must be a tensor"));
  }
  const at::Tensor& map = returned.toTensor();
  if (map.sizes() != batch.sizes()) {
    return absl::InvalidArgumentError(absl::StrCat("'", name_, "' returns the shape ", ShapeOf(map),
                                                   ", must be that of its input, ",
                                                   ShapeOf(batch)));
  }
  if (map.scalar_type() != at::kFloat && map.scalar_type() != precision_) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", name_, "' returns ", c10::toString(map.scalar_type()), ", must be Float"));
  }
  const at::Tensor values = map.to(at::kFloat).contiguous();
  if (output_ == ModelOutput::kProbability) {
    // NaN stays NaN; infinities, which clamping would hide, become NaN.
    return values.clamp(0, 1) + values * 0;
  }
  return at::sigmoid(values) + values * 0;
}

}  // namespace atomstream
