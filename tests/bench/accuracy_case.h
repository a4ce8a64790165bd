// AccuracyCase: one simulated frame of the accuracy benchmark, with its truth. Plain data.
#ifndef ATOMSTREAM_TESTS_BENCH_ACCURACY_CASE_H_
#define ATOMSTREAM_TESTS_BENCH_ACCURACY_CASE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/image/frame.h"
#include "core/simulate/scan.h"

namespace atomstream::bench {

// What crystal is looked at.
enum class SpecimenKind {
  kSingle,    // one grain, atoms at their sites
  kGrains,    // two grains, 0.3 rad apart, along a line through the frame's centre
  kStrained,  // 3 % along x, 1.5 % shear
  kJittered,  // atoms off their sites by 0.06 d_NN, rows shifted by 0.5 px
};

// "single", "grains", "strained", "jittered".
absl::StatusOr<SpecimenKind> ParseSpecimenKind(const std::string& name);

struct AccuracyCaseOptions {
  std::string material = "graphene";  // a preset
  double pixel_size_nm = 0.02;
  double hole_fraction = 0;  // of the frame's area, in one irregular hole
  double noise = 0;          // standard deviation on the noise-free frame scaled to [0, 1]
  int size_px = 256;
  double metadata_error = 0;  // relative error of the pixel size in the frame's metadata
  uint64_t seed = 1;          // of the specimen (orientation included) and the noise
  SpecimenKind specimen = SpecimenKind::kSingle;
  int frame_index = 0;  // later frames of the same specimen drift by 0.5 px each way
};

struct AccuracyCase {
  AccuracyCaseOptions options;
  std::shared_ptr<const Frame> frame;  // its metadata hold no truth
  std::vector<PointPx> truth;
  cv::Mat_<uint8_t> vacuum;
  double d_nn_px = 0;
};

// 1 % vacancies, 0.5 % silicon in graphene, contamination of 0.15 of the brightest column; margins
// and probe as the simulator's defaults.
absl::StatusOr<AccuracyCase> MakeAccuracyCase(const AccuracyCaseOptions& options);

// Predicted atoms that match no true one (`unmatched` are indices) and lie in vacuum.
int CountInVacuum(const std::vector<PointPx>& predicted, const std::vector<int>& unmatched,
                  const cv::Mat_<uint8_t>& vacuum);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_ACCURACY_CASE_H_
