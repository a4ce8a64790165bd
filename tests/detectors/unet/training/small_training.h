// The smallest training that is still one: a network of 4 filters on frames of 64 px.
#ifndef ATOMSTREAM_TESTS_DETECTORS_UNET_TRAINING_SMALL_TRAINING_H_
#define ATOMSTREAM_TESTS_DETECTORS_UNET_TRAINING_SMALL_TRAINING_H_

#include <filesystem>
#include <string>

#include "detectors/unet/training/trainer.h"
#include "gtest/gtest.h"

namespace atomstream {

inline TrainerOptions SmallTraining() {
  TrainerOptions options;
  options.shape = {.filters = 4, .layers = {1, 1, 1, 1}};
  options.frames.size_px = 64;
  options.frames.max_noise = 0.3;
  options.frames_per_step = 1;
  options.crop_px = 32;
  options.steps = 6;
  return options;
}

// A folder of the test's own, removed at its end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    path_ = testing::TempDir() + test.test_suite_name() + "." + test.name();
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_DETECTORS_UNET_TRAINING_SMALL_TRAINING_H_
