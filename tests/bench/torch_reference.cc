#include "tests/bench/torch_reference.h"

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "tests/bench/json_number.h"
#include "tests/bench/python_script.h"

namespace atomstream::bench {

absl::StatusOr<TorchReferenceReply> RunTorchReference(const TorchReferenceRequest& request) {
  ASSIGN_OR_RETURN(
      const std::string json,
      RunPythonScript(
          request.python, "torch_reference.py", {absl::StrCat("OMP_NUM_THREADS=", request.threads)},
          {"--model", request.model, "--size", absl::StrCat(request.size_px), "--threads",
           absl::StrCat(request.threads), "--repeats", absl::StrCat(request.repeats),
           "--training-repeats", absl::StrCat(request.training_repeats), "--training-batch",
           absl::StrCat(request.training_batch), "--training-size",
           absl::StrCat(request.training_size_px)}));
  TorchReferenceReply reply;
  reply.version = JsonText(json, "torch").value_or("?");
  reply.milliseconds = JsonNumbers(json, "ms");
  reply.training_milliseconds = JsonNumbers(json, "training_ms");
  if (reply.milliseconds.empty() ||
      static_cast<int>(reply.training_milliseconds.size()) != request.training_repeats) {
    return absl::InternalError(absl::StrCat("torch_reference.py printed \"", json, "\""));
  }
  return reply;
}

}  // namespace atomstream::bench
