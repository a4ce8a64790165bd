#include "tests/bench/skimage_reference.h"

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "tests/bench/image_input.h"
#include "tests/bench/json_number.h"
#include "tests/bench/python_script.h"

namespace atomstream::bench {

absl::StatusOr<SkimageReply> RunSkimage(const SkimageRequest& r) {
  ASSIGN_OR_RETURN(const std::string python, FindPython(r.python, "skimage.feature"));
  const TemporaryFolder folder;
  if (folder.path().empty()) return absl::InternalError("no temporary folder can be made");
  const std::string blobs = folder.path() + "/blobs.npy";
  const std::string window = folder.path() + "/window.npy";
  RETURN_IF_ERROR(WriteImage(blobs, r.blobs_image));
  RETURN_IF_ERROR(WriteImage(window, r.window));
  const auto text = [](auto value) { return absl::StrCat(value); };
  ASSIGN_OR_RETURN(const std::string json,
                   RunPythonScript(python, "skimage_reference.py", {"OMP_NUM_THREADS=1"},
                                   {"--blobs",
                                    blobs,
                                    "--window",
                                    window,
                                    "--repeats",
                                    text(r.repeats),
                                    "--blob-min-sigma",
                                    text(r.blobs.min_sigma_px),
                                    "--blob-max-sigma",
                                    text(r.blobs.max_sigma_px),
                                    "--blob-threshold",
                                    text(r.blobs.threshold),
                                    "--blob-overlap",
                                    text(r.blobs.overlap),
                                    "--min-sigma",
                                    text(r.min_sigma_px),
                                    "--max-sigma",
                                    text(r.max_sigma_px),
                                    "--min-threshold",
                                    text(r.min_threshold),
                                    "--max-threshold",
                                    text(r.max_threshold),
                                    "--expected",
                                    text(r.expected_atoms),
                                    "--closest",
                                    text(r.closest_px),
                                    "--evaluations",
                                    text(r.evaluations),
                                    "--hypervolume-evaluations",
                                    text(r.hypervolume_evaluations)}));
  SkimageReply reply;
  reply.version = JsonText(json, "skimage").value_or("?");
  reply.blob_log_ms = JsonNumber(json, "blob_log_ms").value_or(0);
  reply.blob_log_count = static_cast<int>(JsonNumber(json, "blob_log_count").value_or(0));
  reply.evaluation_mean_ms = JsonNumber(json, "evaluation_mean_ms").value_or(0);
  reply.evaluation_median_ms = JsonNumber(json, "evaluation_median_ms").value_or(0);
  reply.hypervolume = JsonNumber(json, "hypervolume").value_or(0);
  if (reply.blob_log_ms <= 0 || reply.evaluation_mean_ms <= 0) {
    return absl::InternalError(absl::StrCat("skimage_reference.py printed \"", json, "\""));
  }
  return reply;
}

}  // namespace atomstream::bench
