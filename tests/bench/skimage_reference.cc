#include "tests/bench/skimage_reference.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "core/base/status_macros.h"
#include "tests/bench/image_input.h"
#include "tests/bench/json_number.h"

namespace atomstream::bench {
namespace {

// A folder of its own under the system's temporary one, removed with all in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string path =
        (std::filesystem::temp_directory_path() / "atomstream-bench-XXXXXX").string();
    if (mkdtemp(path.data()) != nullptr) path_ = path;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

absl::StatusOr<std::string> Run(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return absl::InternalError(absl::StrCat(command, ": cannot be started"));
  std::string output;
  std::array<char, 4096> buffer;
  size_t read = 0;
  while ((read = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0) {
    output.append(buffer.data(), read);
  }
  const int status = pclose(pipe);
  if (status != 0) return absl::InternalError(absl::StrCat(command, ": ended with ", status));
  return output;
}

// The first Python that has scikit-image; a version manager's python3 often has not, Debian's may.
absl::StatusOr<std::string> FindPython(const std::string& wish) {
  std::vector<std::string> pythons = {"python3", "/usr/bin/python3"};
  if (!wish.empty()) pythons = {wish};
  for (const std::string& python : pythons) {
    if (Run(absl::StrCat(Quoted(python), " -c 'import skimage.feature' 2>/dev/null")).ok()) {
      return python;
    }
  }
  return absl::UnavailableError(
      absl::StrCat(absl::StrJoin(pythons, " and "), " cannot import skimage"));
}

}  // namespace

absl::StatusOr<SkimageReply> RunSkimage(const SkimageRequest& r) {
  ASSIGN_OR_RETURN(const std::string python, FindPython(r.python));
  const TemporaryFolder folder;
  if (folder.path().empty()) return absl::InternalError("no temporary folder can be made");
  const std::string blobs = folder.path() + "/blobs.npy";
  const std::string window = folder.path() + "/window.npy";
  RETURN_IF_ERROR(WriteImage(blobs, r.blobs_image));
  RETURN_IF_ERROR(WriteImage(window, r.window));
  const std::string script = std::string(ATOMSTREAM_BENCH_FOLDER) + "/skimage_reference.py";
  const std::string command = absl::StrCat(
      "OMP_NUM_THREADS=1 ", Quoted(python), " ", Quoted(script), " --blobs ", Quoted(blobs),
      " --window ", Quoted(window), " --repeats ", r.repeats, " --blob-min-sigma ",
      r.blobs.min_sigma_px, " --blob-max-sigma ", r.blobs.max_sigma_px, " --blob-threshold ",
      r.blobs.threshold, " --blob-overlap ", r.blobs.overlap, " --min-sigma ", r.min_sigma_px,
      " --max-sigma ", r.max_sigma_px, " --min-threshold ", r.min_threshold, " --max-threshold ",
      r.max_threshold, " --expected ", r.expected_atoms, " --closest ", r.closest_px,
      " --evaluations ", r.evaluations, " --hypervolume-evaluations ", r.hypervolume_evaluations);
  ASSIGN_OR_RETURN(const std::string json, Run(command));
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
