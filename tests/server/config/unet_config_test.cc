#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "server/config/config.h"

namespace atomstream {
namespace {

using testing::StartsWith;

TEST(UnetConfigTest, WithoutAModelThereIsNoUnet) {
  EXPECT_FALSE(ParseConfig("")->unet.has_value());
  EXPECT_FALSE(ParseConfig("unet {}")->unet.has_value());
  EXPECT_FALSE(ParseConfig("unet { model: \"\" threads: 2 }")->unet.has_value());
}

TEST(UnetConfigTest, AModelAloneTakesTheDefaults) {
  const DaemonOptions options = *ParseConfig("unet { model: \"m\" }");
  ASSERT_TRUE(options.unet.has_value());
  EXPECT_EQ(options.unet->model_folder, "m");
  EXPECT_EQ(options.unet->torch.device, TorchDevice::kAuto);
  EXPECT_EQ(options.unet->torch.precision, TorchPrecision::kAuto);
  EXPECT_EQ(options.unet->torch.threads, 1);
  EXPECT_EQ(options.unet->torch.tile_px, 512);
  EXPECT_EQ(options.unet->torch.overlap_px, 32);
  EXPECT_EQ(options.unet->torch.max_batch, 8);
  EXPECT_EQ(options.unet->detector.threshold, 0);
  EXPECT_EQ(options.unet->detector.min_spacing, 0.5);
  EXPECT_TRUE(options.unet->detector.lattice_filter);
  EXPECT_EQ(options.unet->detector.material, "auto");
  EXPECT_EQ(options.unet->cpu_niceness, 10);
}

TEST(UnetConfigTest, EveryFieldReachesItsOption) {
  const absl::StatusOr<DaemonOptions> read = ParseConfig(R"(
      log_star {
        material: "mine"
        custom_materials {
          name: "mine" vector_a_nm { x: 0.3 } vector_b_nm { y: 0.4 } basis { species: "X" }
        }
      }
      unet {
        model: "models/m" device: "cuda" precision: "reduced" threads: 2 tile_px: 512
        tile_overlap_px: 48 max_batch: 4 threshold: 0.25 min_spacing: 0.75 cpu_niceness: 0
        lattice_filter: false
      })");
  ASSERT_TRUE(read.ok()) << read.status();
  const UnetServiceOptions& unet = *read->unet;
  EXPECT_EQ(unet.model_folder, "models/m");
  EXPECT_EQ(unet.torch.device, TorchDevice::kCuda);
  EXPECT_EQ(unet.torch.precision, TorchPrecision::kReduced);
  EXPECT_EQ(unet.torch.threads, 2);
  EXPECT_EQ(unet.torch.tile_px, 512);
  EXPECT_EQ(unet.torch.overlap_px, 48);
  EXPECT_EQ(unet.torch.max_batch, 4);
  EXPECT_EQ(unet.detector.threshold, 0.25);
  EXPECT_EQ(unet.detector.min_spacing, 0.75);
  EXPECT_FALSE(unet.detector.lattice_filter);
  EXPECT_EQ(unet.detector.material, "mine");
  EXPECT_EQ(unet.detector.custom_materials.size(), 1u);
  EXPECT_EQ(unet.cpu_niceness, 0);
  EXPECT_EQ(ParseConfig("unet { model: \"m\" device: \"cpu\" precision: \"float32\" }")
                ->unet->torch.device,
            TorchDevice::kCpu);
}

TEST(UnetConfigTest, AFolderIsRelativeToTheFile) {
  const std::string folder = testing::TempDir();
  const auto model_of = [&](const std::string& name, const std::string& model) {
    std::ofstream(folder + name) << "unet { model: \"" << model << "\" }";
    return LoadConfig(folder + name)->unet->model_folder;
  };
  EXPECT_EQ(model_of("relative.textproto", "models/m"), folder + "models/m");
  EXPECT_EQ(model_of("absolute.textproto", "/models/m"), "/models/m");
}

struct BadUnet {
  std::string text;   // inside the block
  std::string error;  // its beginning
};

class BadUnetConfigTest : public testing::TestWithParam<BadUnet> {};

// Also where no model is named: the mistake is there all the same.
TEST_P(BadUnetConfigTest, IsRefusedByFieldAndValue) {
  for (const std::string model : {"", "model: \"m\" "}) {
    const absl::Status status = ParseConfig("unet { " + model + GetParam().text + " }").status();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(std::string(status.message()), StartsWith(GetParam().error));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Fields, BadUnetConfigTest,
    testing::Values(BadUnet{"device: \"tpu\"", "unet.device = tpu: "},
                    BadUnet{"precision: \"int8\"", "unet.precision = int8: "},
                    BadUnet{"threads: 0", "unet.threads = 0: "},
                    BadUnet{"threads: 257", "unet.threads = 257: "},
                    BadUnet{"tile_px: 300", "unet.tile_px = 300: "},
                    BadUnet{"tile_overlap_px: -1", "unet.tile_overlap_px = -1: "},
                    BadUnet{"tile_overlap_px: 65", "unet.tile_overlap_px = 65: "},
                    BadUnet{"max_batch: 0", "unet.max_batch = 0: "},
                    BadUnet{"threshold: 1", "unet.threshold = 1: "},
                    BadUnet{"threshold: -0.5", "unet.threshold = -0.5: "},
                    BadUnet{"threshold: nan", "unet.threshold = nan: "},
                    BadUnet{"min_spacing: 0", "unet.min_spacing = 0: "},
                    BadUnet{"min_spacing: 1", "unet.min_spacing = 1: "},
                    BadUnet{"cpu_niceness: 20", "unet.cpu_niceness = 20: "},
                    BadUnet{"cpu_niceness: -1", "unet.cpu_niceness = -1: "}));

}  // namespace
}  // namespace atomstream
