#include "tests/bench/sklearn_reference.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "tests/bench/image_input.h"
#include "tests/bench/json_number.h"
#include "tests/bench/python_script.h"

namespace atomstream::bench {

absl::StatusOr<SklearnReply> RunSklearn(const SklearnRequest& r) {
  ASSIGN_OR_RETURN(const std::string python, FindPython(r.python, "sklearn.mixture"));
  const TemporaryFolder folder;
  if (folder.path().empty()) return absl::InternalError("no temporary folder can be made");
  const std::string descriptors = folder.path() + "/descriptors.npy";
  const std::string labels = folder.path() + "/labels.npy";
  Image rows(static_cast<int>(r.descriptors.rows()), static_cast<int>(r.descriptors.cols()));
  std::copy_n(r.descriptors.data(), r.descriptors.size(), rows[0]);
  RETURN_IF_ERROR(WriteImage(descriptors, rows));
  Image label_row(1, static_cast<int>(r.labels.size()));
  std::copy(r.labels.begin(), r.labels.end(), label_row[0]);
  RETURN_IF_ERROR(WriteImage(labels, label_row));
  ASSIGN_OR_RETURN(
      const std::string json,
      RunPythonScript(python, "sklearn_reference.py",
                      {"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1"},
                      {"--descriptors", descriptors, "--labels", labels, "--components",
                       absl::StrCat(r.components), "--clusters", absl::StrCat(r.clusters),
                       "--repeats", absl::StrCat(r.repeats)}));
  SklearnReply reply;
  reply.version = JsonText(json, "sklearn").value_or("?");
  reply.fit_ms = JsonNumber(json, "fit_ms").value_or(0);
  reply.apply_ms = JsonNumber(json, "apply_ms").value_or(0);
  reply.adjusted_rand_index = JsonNumber(json, "adjusted_rand_index").value_or(0);
  if (reply.fit_ms <= 0 || reply.apply_ms <= 0) {
    return absl::InternalError(absl::StrCat("sklearn_reference.py printed \"", json, "\""));
  }
  return reply;
}

}  // namespace atomstream::bench
