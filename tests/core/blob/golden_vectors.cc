#include "tests/core/blob/golden_vectors.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

// Reads words, and says where the file stopped making sense.
class WordReader {
 public:
  explicit WordReader(const std::string& path) : path_(path), stream_(path) {
    for (std::string line; stream_.peek() == '#';) std::getline(stream_, line);
  }

  absl::Status Expect(absl::string_view word) {
    std::string found;
    ASSIGN_OR_RETURN(found, Next<std::string>(word));
    if (found == word) return absl::OkStatus();
    return Refuse(absl::StrCat("'", word, "', found '", found, "'"));
  }

  template <typename T>
  absl::StatusOr<T> Next(absl::string_view what) {
    T value;
    if (stream_ >> value) return value;
    return Refuse(what);
  }

  absl::StatusOr<int> Count(absl::string_view word) {
    RETURN_IF_ERROR(Expect(word));
    ASSIGN_OR_RETURN(const int count, Next<int>("a count"));
    if (count < 0 || count > 1000000) return Refuse("a sensible count");
    return count;
  }

 private:
  absl::Status Refuse(absl::string_view expected) const {
    return absl::InvalidArgumentError(absl::StrCat(path_, ": expected ", expected));
  }

  std::string path_;
  std::ifstream stream_;
};

absl::StatusOr<Image> ReadPixels(WordReader& words) {
  ASSIGN_OR_RETURN(const int width, words.Next<int>("width"));
  ASSIGN_OR_RETURN(const int height, words.Next<int>("height"));
  ASSIGN_OR_RETURN(const std::string encoded, words.Next<std::string>("pixels"));
  std::string raw;
  if (!absl::Base64Unescape(encoded, &raw) || raw.size() != sizeof(float) * width * height) {
    return absl::InvalidArgumentError("pixels are not base64 of width * height float32 values");
  }
  Image image(height, width);
  std::memcpy(image.ptr(), raw.data(), raw.size());
  return image;
}

absl::StatusOr<GoldenVoxel> ReadPlace(WordReader& words) {
  GoldenVoxel voxel;
  ASSIGN_OR_RETURN(voxel.row, words.Next<int>("row"));
  ASSIGN_OR_RETURN(voxel.column, words.Next<int>("column"));
  return voxel;
}

absl::StatusOr<GoldenRun> ReadRun(WordReader& words) {
  GoldenRun run;
  RETURN_IF_ERROR(words.Expect("run"));
  ASSIGN_OR_RETURN(run.name, words.Next<std::string>("run name"));
  RETURN_IF_ERROR(words.Expect("params"));
  ASSIGN_OR_RETURN(run.params.min_sigma_px, words.Next<double>("min sigma"));
  ASSIGN_OR_RETURN(run.params.max_sigma_px, words.Next<double>("max sigma"));
  ASSIGN_OR_RETURN(run.params.num_sigma, words.Next<int>("num sigma"));
  ASSIGN_OR_RETURN(run.params.threshold, words.Next<double>("threshold"));
  ASSIGN_OR_RETURN(run.params.overlap, words.Next<double>("overlap"));
  ASSIGN_OR_RETURN(run.options.log_scale, words.Next<bool>("log scale"));
  ASSIGN_OR_RETURN(run.options.exclude_border_px, words.Next<int>("exclude border"));

  ASSIGN_OR_RETURN(const int sigmas, words.Count("sigmas"));
  for (int i = 0; i < sigmas; ++i) {
    ASSIGN_OR_RETURN(const double sigma, words.Next<double>("sigma"));
    run.sigmas_px.push_back(sigma);
  }
  RETURN_IF_ERROR(words.Count("float32_differs").status());
  ASSIGN_OR_RETURN(const int candidates, words.Count("candidates"));
  for (int i = 0; i < candidates; ++i) {
    GoldenCandidate candidate;
    ASSIGN_OR_RETURN(candidate.voxel, ReadPlace(words));
    ASSIGN_OR_RETURN(candidate.voxel.level, words.Next<int>("level"));
    ASSIGN_OR_RETURN(candidate.response, words.Next<double>("response"));
    ASSIGN_OR_RETURN(candidate.margin, words.Next<double>("margin"));
    ASSIGN_OR_RETURN(candidate.is_peak, words.Next<bool>("is peak"));
    run.candidates.push_back(candidate);
  }
  ASSIGN_OR_RETURN(const int blobs, words.Count("blobs"));
  for (int i = 0; i < blobs; ++i) {
    ASSIGN_OR_RETURN(GoldenVoxel voxel, ReadPlace(words));
    ASSIGN_OR_RETURN(const double sigma, words.Next<double>("sigma"));
    voxel.level = run.LevelOf(sigma);
    run.blobs.push_back(voxel);
  }
  return run;
}

}  // namespace

int GoldenRun::LevelOf(double sigma_px) const {
  const auto nearest = std::min_element(
      sigmas_px.begin(), sigmas_px.end(),
      [&](double a, double b) { return std::abs(a - sigma_px) < std::abs(b - sigma_px); });
  return static_cast<int>(nearest - sigmas_px.begin());
}

absl::StatusOr<GoldenImage> ReadGoldenImage(const std::string& path) {
  WordReader words(path);
  GoldenImage golden;
  RETURN_IF_ERROR(words.Expect("image"));
  ASSIGN_OR_RETURN(golden.name, words.Next<std::string>("image name"));
  ASSIGN_OR_RETURN(golden.image, ReadPixels(words));
  ASSIGN_OR_RETURN(const int runs, words.Count("runs"));
  for (int i = 0; i < runs; ++i) {
    ASSIGN_OR_RETURN(GoldenRun run, ReadRun(words));
    golden.runs.push_back(std::move(run));
  }
  return golden;
}

absl::StatusOr<std::vector<GoldenImage>> ReadAllGoldenImages() {
  std::error_code error;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::string(ATOMSTREAM_GOLDEN_DIR) + "/blob_log", error)) {
    paths.push_back(entry.path().string());
  }
  if (error) return absl::NotFoundError(absl::StrCat("tests/golden/blob_log: ", error.message()));
  std::sort(paths.begin(), paths.end());
  std::vector<GoldenImage> images;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(GoldenImage image, ReadGoldenImage(path));
    images.push_back(std::move(image));
  }
  return images;
}

}  // namespace atomstream
