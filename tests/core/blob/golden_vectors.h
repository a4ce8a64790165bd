// Reader of tests/golden/blob_log/*.txt: what scikit-image 0.19's blob_log does. The format is told
// in tests/golden/make_blob_log_vectors.py, which writes these files.
#ifndef ATOMSTREAM_TESTS_CORE_BLOB_GOLDEN_VECTORS_H_
#define ATOMSTREAM_TESTS_CORE_BLOB_GOLDEN_VECTORS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/blob/log_blobs.h"
#include "core/blob/log_params.h"
#include "core/image/frame.h"

namespace atomstream {

// A voxel of the (row, column, level) cube.
struct GoldenVoxel {
  int row = 0;
  int column = 0;
  int level = 0;

  auto operator<=>(const GoldenVoxel&) const = default;
};

// A peak before pruning, or a voxel that is one but for a difference below float32 resolution.
struct GoldenCandidate {
  GoldenVoxel voxel;
  double response = 0;
  double margin = 0;  // to the largest of the 26 neighbours
  bool is_peak = false;
};

struct GoldenRun {
  std::string name;
  LogParams params;
  LogBlobOptions options;
  std::vector<double> sigmas_px;
  std::vector<GoldenCandidate> candidates;  // by falling response
  std::vector<GoldenVoxel> blobs;           // after pruning

  int LevelOf(double sigma_px) const;  // the nearest level
};

struct GoldenImage {
  std::string name;
  Image image;
  std::vector<GoldenRun> runs;
};

// InvalidArgument says what was expected where.
absl::StatusOr<GoldenImage> ReadGoldenImage(const std::string& path);

// Every file of tests/golden/blob_log, by name.
absl::StatusOr<std::vector<GoldenImage>> ReadAllGoldenImages();

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_CORE_BLOB_GOLDEN_VECTORS_H_
