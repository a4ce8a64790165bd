#include "tests/bench/torch_reference.h"

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "tests/bench/json_number.h"
#include "tests/bench/python_script.h"

namespace atomstream::bench {

absl::StatusOr<TorchReferenceReply> RunTorchReference(const TorchReferenceRequest& request) {
  ASSIGN_OR_RETURN(const std::string python, FindPython(request.python, "torch"));
  ASSIGN_OR_RETURN(
      const std::string json,
      RunPythonScript(
          python, "torch_reference.py", {absl::StrCat("OMP_NUM_THREADS=", request.threads)},
          {"--model", request.model, "--size", absl::StrCat(request.size_px), "--threads",
           absl::StrCat(request.threads), "--repeats", absl::StrCat(request.repeats)}));
  TorchReferenceReply reply;
  reply.version = JsonText(json, "torch").value_or("?");
  reply.milliseconds = JsonNumbers(json, "ms");
  if (reply.milliseconds.empty()) {
    return absl::InternalError(absl::StrCat("torch_reference.py printed \"", json, "\""));
  }
  return reply;
}

}  // namespace atomstream::bench
