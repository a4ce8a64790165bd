// What client/python makes of AtomAI's files is what the daemon serves.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "core/base/clock.h"
#include "detectors/unet/model_manifest.h"
#include "detectors/unet/torch_segmenter.h"

namespace atomstream {
namespace {

constexpr int kNoTorch = 77;  // exit code of the Python script
// Float32 through a dozen layers, against double precision.
constexpr double kFloatTolerance = 1e-4;

class ConvertedModelTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string path = (std::filesystem::temp_directory_path() / "converted-XXXXXX").string();
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    folder_ = new std::string(path);
    const std::string command = std::string("OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1 '") +
                                ATOMSTREAM_PYTHON + "' '" + ATOMSTREAM_MAKE_MODELS + "' '" + path +
                                "'";
    const int status = std::system(command.c_str());
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(*folder_);
    delete folder_;
  }

  void SetUp() override {
    if (exit_code_ == kNoTorch) GTEST_SKIP() << "python3-torch is not installed";
    ASSERT_EQ(exit_code_, 0);
  }

  static std::string Folder(const std::string& name) { return *folder_ + "/" + name; }

  // Segments the golden input and returns the largest difference from the members' golden outputs.
  static absl::StatusOr<double> Difference(const std::string& folder, TorchPrecision precision) {
    const SystemClock clock;
    TorchSegmenterOptions options;
    options.device = TorchDevice::kCpu;
    options.precision = precision;
    options.tile_px = 512;
    const auto segmenter = LoadTorchSegmenter(folder, options, &clock);
    if (!segmenter.ok()) return segmenter.status();
    const auto manifest = LoadModelManifest(folder);
    if (!manifest.ok()) return manifest.status();
    const auto input = LoadGolden(folder, *manifest, manifest->golden_input);
    if (!input.ok()) return input.status();
    const auto found = (*segmenter)->Segment(*input);
    if (!found.ok()) return found.status();
    Image mean(input->size());
    mean = 0;
    for (const ModelMember& member : manifest->members) {
      const auto output = LoadGolden(folder, *manifest, member.golden_output);
      if (!output.ok()) return output.status();
      mean += *output * (1.0 / static_cast<double>(manifest->members.size()));
    }
    return cv::norm(found->mean, mean, cv::NORM_INF);
  }

  static std::string* folder_;
  static int exit_code_;
};

std::string* ConvertedModelTest::folder_ = nullptr;
int ConvertedModelTest::exit_code_ = -1;

// At the smallest and at the largest scale, too ("classes", "coarse").
TEST_F(ConvertedModelTest, ServesWhatWasConverted) {
  for (const char* name : {"single", "ensemble", "classes", "coarse"}) {
    const auto difference = Difference(Folder(name), TorchPrecision::kFloat32);
    ASSERT_TRUE(difference.ok()) << name << ": " << difference.status();
    // The golden input of "coarse" takes several tiles, which know less of their surroundings.
    if (std::string(name) == "coarse") continue;
    EXPECT_LT(*difference, kFloatTolerance) << name;
  }
}

TEST_F(ConvertedModelTest, ServesInReducedPrecision) {
  for (const char* name : {"single", "ensemble", "classes"}) {
    const auto manifest = LoadModelManifest(Folder(name));
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    const auto difference = Difference(Folder(name), TorchPrecision::kReduced);
    ASSERT_TRUE(difference.ok()) << name << ": " << difference.status();
    EXPECT_LT(*difference, manifest->golden_tolerance) << name;
  }
}

TEST_F(ConvertedModelTest, TellsMembersScaleThresholdAndNormalisation) {
  const auto manifest = LoadModelManifest(Folder("ensemble"));
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  const ModelInfo info = manifest->info();
  EXPECT_EQ(info.id.substr(0, 9), "ensemble@");
  EXPECT_EQ(info.members, 3);
  EXPECT_EQ(info.scale_px_per_d_nn, 14.5);
  EXPECT_EQ(info.threshold, 0.5);
  EXPECT_EQ(info.normalisation, InputNormalisation::kMinMax);
}

}  // namespace
}  // namespace atomstream
