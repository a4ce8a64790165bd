// Parity with scikit-image 0.19's blob_log on the golden vectors. Prints every difference that it
// excepts, with the reason; anything else fails.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "core/blob/log_blobs.h"
#include "gtest/gtest.h"
#include "tests/core/blob/golden_vectors.h"

namespace atomstream {
namespace {

// Float32 resolution in units of the largest pixel. A response is a sum of products whose absolute
// values add up to at most about 3 max|image| (sigma^2 times the two second-derivative kernels), in
// up to ~160 float32 steps; 2^-20 is 8 units in the last place, which the largest measured
// difference (printed below) stays under. The script lists near misses with the same bound.
constexpr double kResolution = 1.0 / (1 << 20);

struct Peak {
  GoldenVoxel voxel;
  double response;
};

std::vector<Peak> Detect(const GoldenImage& golden, const GoldenRun& run, Pruning pruning) {
  LogParams params = run.params;
  params.pruning = pruning;
  const absl::StatusOr<std::vector<Blob>> blobs = DetectLogBlobs(golden.image, params, run.options);
  EXPECT_TRUE(blobs.ok()) << blobs.status();
  std::vector<Peak> peaks;
  if (!blobs.ok()) return peaks;
  for (const Blob& blob : *blobs) {
    peaks.push_back(
        {{static_cast<int>(blob.y_px), static_cast<int>(blob.x_px), run.LevelOf(blob.sigma_px)},
         blob.response});
  }
  return peaks;
}

std::set<GoldenVoxel> VoxelsOf(const std::vector<Peak>& peaks) {
  std::set<GoldenVoxel> voxels;
  for (const Peak& peak : peaks) voxels.insert(peak.voxel);
  return voxels;
}

double ResolutionOf(const GoldenImage& golden) {
  double largest = 0;
  for (float value : golden.image) largest = std::max<double>(largest, std::abs(value));
  return kResolution * largest;
}

std::string PlaceName(const GoldenImage& golden, const GoldenRun& run, const GoldenVoxel& voxel) {
  return absl::StrFormat("%s/%s row %d column %d sigma %.4g", golden.name, run.name, voxel.row,
                         voxel.column, run.sigmas_px[voxel.level]);
}

// Why float32 may decide this voxel differently than float64, or "".
std::string ReasonBelowResolution(const GoldenRun& run, const GoldenCandidate& candidate,
                                  double resolution) {
  if (std::abs(candidate.margin) < resolution) return "tie with a neighbour";
  if (std::abs(candidate.response - run.params.threshold) < resolution) return "at the threshold";
  return "";
}

// What pruning could have done with one peak. `peaks` by falling response.
class PruningRule {
 public:
  PruningRule(const GoldenRun& run, double resolution) : overlap_(run.params.overlap) {
    for (const GoldenCandidate& candidate : run.candidates) {
      if (!candidate.is_peak) continue;
      peaks_.push_back(candidate);
      blobs_.push_back({static_cast<float>(candidate.voxel.column),
                        static_cast<float>(candidate.voxel.row),
                        static_cast<float>(run.sigmas_px[candidate.voxel.level]),
                        static_cast<float>(candidate.response)});
    }
    resolution_ = resolution;
  }

  // Why two correct prunings may disagree about the peak at `voxel`, or "".
  std::string ReasonToDiffer(const GoldenVoxel& voxel,
                             const std::set<GoldenVoxel>& excepted) const {
    if (excepted.count(voxel) > 0) return "its peak ties with a neighbour or with the threshold";
    int index = -1;
    for (size_t i = 0; i < peaks_.size(); ++i) {
      if (peaks_[i].voxel == voxel) index = static_cast<int>(i);
    }
    if (index < 0) return "";
    for (int killer : KillersOf(index)) {
      if (excepted.count(peaks_[killer].voxel) > 0) return "overlaps a peak that ties";
      if (blobs_[killer].sigma_px == blobs_[index].sigma_px &&
          std::abs(peaks_[killer].response - peaks_[index].response) < resolution_) {
        return "equal sigma and response as an overlapping blob: the list order decides";
      }
      if (!KillersOf(killer).empty()) {
        return "overlaps a blob that a third one removes: the order of pairs decides";
      }
    }
    return "";
  }

 private:
  // Peaks that remove `index` if their pair is visited while both are there.
  std::vector<int> KillersOf(int index) const {
    std::vector<int> killers;
    for (int i = 0; i < static_cast<int>(blobs_.size()); ++i) {
      if (i == index || BlobOverlap(blobs_[i], blobs_[index]) <= overlap_) continue;
      const bool larger = blobs_[i].sigma_px > blobs_[index].sigma_px;
      const bool equal = blobs_[i].sigma_px == blobs_[index].sigma_px;
      const bool maybe_later =
          i > index || std::abs(peaks_[i].response - peaks_[index].response) < resolution_;
      if (larger || (equal && maybe_later)) killers.push_back(i);
    }
    return killers;
  }

  double overlap_;
  double resolution_ = 0;
  std::vector<GoldenCandidate> peaks_;
  std::vector<Blob> blobs_;
};

class GoldenParityTest : public testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::vector<GoldenImage>> images = ReadAllGoldenImages();
    ASSERT_TRUE(images.ok()) << images.status();
    images_ = *std::move(images);
    int runs = 0;
    for (const GoldenImage& image : images_) runs += static_cast<int>(image.runs.size());
    ASSERT_GE(runs, 12) << "golden vectors are missing";
  }

  std::vector<GoldenImage> images_;
};

TEST_F(GoldenParityTest, PeaksBeforePruningAreThoseOfScikitImage) {
  int peaks = 0;
  double largest_error = 0;  // in units of the largest pixel
  std::map<std::string, int> excepted;
  for (const GoldenImage& golden : images_) {
    const double resolution = ResolutionOf(golden);
    for (const GoldenRun& run : golden.runs) {
      std::map<GoldenVoxel, GoldenCandidate> candidates;
      for (const GoldenCandidate& candidate : run.candidates) {
        candidates[candidate.voxel] = candidate;
        peaks += candidate.is_peak ? 1 : 0;
      }
      const std::vector<Peak> found = Detect(golden, run, Pruning::kNone);
      for (const Peak& peak : found) {
        const auto candidate = candidates.find(peak.voxel);
        if (candidate == candidates.end()) {
          ADD_FAILURE() << "not a peak of scikit-image: " << PlaceName(golden, run, peak.voxel);
          continue;
        }
        const double error = std::abs(peak.response - candidate->second.response);
        EXPECT_LT(error, resolution) << "response at " << PlaceName(golden, run, peak.voxel);
        largest_error = std::max(largest_error, error / resolution * kResolution);
      }
      const std::set<GoldenVoxel> found_voxels = VoxelsOf(found);
      for (const auto& [voxel, candidate] : candidates) {
        const bool is_found = found_voxels.count(voxel) > 0;
        if (is_found == candidate.is_peak) continue;
        const std::string reason = ReasonBelowResolution(run, candidate, resolution);
        EXPECT_NE(reason, "") << (is_found ? "invented: " : "missed: ")
                              << PlaceName(golden, run, voxel);
        if (++excepted[absl::StrFormat("%s/%s: %s", golden.name, run.name, reason)] <= 4) {
          absl::PrintF("excepted, %s, %s: %s, margin %.2g\n", is_found ? "only ours" : "not ours",
                       reason, PlaceName(golden, run, voxel), candidate.margin);
        }
      }
      EXPECT_EQ(found_voxels.size(), found.size()) << "a peak twice in " << run.name;
    }
  }
  int total = 0;
  for (const auto& [what, count] : excepted) {
    absl::PrintF("excepted %d in %s\n", count, what);
    total += count;
  }
  absl::PrintF(
      "%d peaks before pruning; %d excepted; largest error of a response 2^%.1f of the "
      "largest pixel\n",
      peaks, total, std::log2(largest_error));
  EXPECT_GT(peaks, 1000);
}

TEST_F(GoldenParityTest, BlobsAfterPruningAgreeExceptWhereTheOrderOfPairsDecides) {
  int agreeing = 0;
  int differing = 0;
  int differing_by_ties = 0;
  for (const GoldenImage& golden : images_) {
    const double resolution = ResolutionOf(golden);
    for (const GoldenRun& run : golden.runs) {
      std::set<GoldenVoxel> below_resolution;
      for (const GoldenCandidate& candidate : run.candidates) {
        if (!ReasonBelowResolution(run, candidate, resolution).empty()) {
          below_resolution.insert(candidate.voxel);
        }
      }
      const std::set<GoldenVoxel> expected(run.blobs.begin(), run.blobs.end());
      const std::set<GoldenVoxel> found = VoxelsOf(Detect(golden, run, Pruning::kScikitImage));
      std::vector<GoldenVoxel> different;
      std::set_symmetric_difference(expected.begin(), expected.end(), found.begin(), found.end(),
                                    std::back_inserter(different));
      const PruningRule rule(run, resolution);
      for (const GoldenVoxel& voxel : different) {
        const std::string reason = rule.ReasonToDiffer(voxel, below_resolution);
        EXPECT_NE(reason, "") << "unexplained: " << PlaceName(golden, run, voxel);
        if (below_resolution.count(voxel) > 0) {
          ++differing_by_ties;
        } else {
          ++differing;
        }
        absl::PrintF("%s, %s: %s\n", found.count(voxel) > 0 ? "only ours" : "not ours",
                     PlaceName(golden, run, voxel), reason);
      }
      for (const GoldenVoxel& voxel : expected) agreeing += static_cast<int>(found.count(voxel));
    }
  }
  const double agreement = static_cast<double>(agreeing) / (agreeing + differing);
  absl::PrintF(
      "%d blobs agree, %d differ, %d more differ at peaks below float32 resolution: "
      "%.3f %% agree\n",
      agreeing, differing, differing_by_ties, 100 * agreement);
  EXPECT_GE(agreement, 0.995);
}

}  // namespace
}  // namespace atomstream
