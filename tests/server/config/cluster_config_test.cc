#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "server/config/config.h"

namespace atomstream {
namespace {

using testing::StartsWith;

TEST(ClusterConfigTest, WithoutTheBlockThereAreClustersByDefault) {
  const DaemonOptions options = *ParseConfig("");
  ASSERT_TRUE(options.structure.has_value());
  EXPECT_EQ(options.structure->clusters, ClusterOptions());
  EXPECT_EQ(options.structure->min_frames_between_refits, 5);
  EXPECT_EQ(options.structure->sites.dopant_sigmas, SiteOptions().dopant_sigmas);
  EXPECT_EQ(options.structure->sites.dopant_contrast, SiteOptions().dopant_contrast);
  EXPECT_FALSE(options.structure->sites.bonds.cutoff_d_nn.has_value());
}

TEST(ClusterConfigTest, EveryFieldReachesItsOption) {
  const absl::StatusOr<DaemonOptions> read = ParseConfig(R"(
      clusters {
        enabled: true min_clusters: 2 max_clusters: 3 principal_components: 5 patch_side_d_nn: 3
        patch_grid: 15 patch_taper_d_nn: 0.75 restarts: 7 drift_log_likelihood: 0.25
        drift_residual: 2 min_frames_between_refits: 9 dopant_sigmas: 4 dopant_contrast: 0.5
        cutoff_d_nn: 1.25 seed: 11
      })");
  ASSERT_TRUE(read.ok()) << read.status();
  const ClusterOptions& clusters = read->structure->clusters;
  EXPECT_EQ(clusters.min_clusters, 2);
  EXPECT_EQ(clusters.max_clusters, 3);
  EXPECT_EQ(clusters.principal_components, 5);
  EXPECT_EQ(clusters.patch_side_d_nn, 3);
  EXPECT_EQ(clusters.patch_grid, 15);
  EXPECT_EQ(clusters.patch_taper_d_nn, 0.75);
  EXPECT_EQ(clusters.restarts, 7);
  EXPECT_EQ(clusters.drift_log_likelihood, 0.25);
  EXPECT_EQ(clusters.drift_residual, 2);
  EXPECT_EQ(clusters.seed, 11u);
  EXPECT_EQ(read->structure->min_frames_between_refits, 9);
  EXPECT_EQ(read->structure->sites.dopant_sigmas, 4);
  EXPECT_EQ(read->structure->sites.dopant_contrast, 0.5);
  EXPECT_EQ(read->structure->sites.bonds.cutoff_d_nn, 1.25);
}

TEST(ClusterConfigTest, TheShippedFileStatesTheDefaults) {
  const absl::StatusOr<DaemonOptions> read = LoadConfig(CONFIG_FOLDER "/atomstreamd.textproto");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->structure->clusters, ClusterOptions());
  const StructureOptions defaults;
  EXPECT_EQ(read->structure->min_frames_between_refits, defaults.min_frames_between_refits);
  EXPECT_EQ(read->structure->sites.dopant_sigmas, defaults.sites.dopant_sigmas);
  EXPECT_EQ(read->structure->sites.dopant_contrast, defaults.sites.dopant_contrast);
}

TEST(ClusterConfigTest, TheyCanBeSwitchedOff) {
  EXPECT_FALSE(ParseConfig("clusters { enabled: false }")->structure.has_value());
}

struct BadClusters {
  std::string text;   // inside the block
  std::string error;  // its beginning
};

class BadClusterConfigTest : public testing::TestWithParam<BadClusters> {};

// Also where they are switched off: the mistake is there all the same.
TEST_P(BadClusterConfigTest, IsRefusedByFieldAndValue) {
  for (const std::string enabled : {"", "enabled: false "}) {
    const absl::Status status =
        ParseConfig("clusters { " + enabled + GetParam().text + " }").status();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(std::string(status.message()), StartsWith(GetParam().error));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Fields, BadClusterConfigTest,
    testing::Values(
        BadClusters{"min_clusters: 0", "clusters.min_clusters = 0: "},
        BadClusters{"max_clusters: 17", "clusters.max_clusters = 17: "},
        BadClusters{"min_clusters: 4 max_clusters: 3", "clusters.max_clusters = 3: "},
        BadClusters{"principal_components: 17", "clusters.principal_components = 17: "},
        BadClusters{"patch_side_d_nn: 0.4", "clusters.patch_side_d_nn = 0.4: "},
        BadClusters{"patch_grid: 65", "clusters.patch_grid = 65: "},
        BadClusters{"patch_taper_d_nn: 0.1", "clusters.patch_taper_d_nn = 0.1: "},
        BadClusters{"restarts: 0", "clusters.restarts = 0: "},
        BadClusters{"drift_log_likelihood: 0", "clusters.drift_log_likelihood = 0: "},
        BadClusters{"drift_log_likelihood: nan", "clusters.drift_log_likelihood = nan: "},
        BadClusters{"drift_residual: 1", "clusters.drift_residual = 1: "},
        BadClusters{"min_frames_between_refits: 0", "clusters.min_frames_between_refits = 0: "},
        BadClusters{"dopant_sigmas: 0.5", "clusters.dopant_sigmas = 0.5: "},
        BadClusters{"dopant_contrast: -1", "clusters.dopant_contrast = -1: "},
        BadClusters{"cutoff_d_nn: 0.5", "clusters.cutoff_d_nn = 0.5: "},
        BadClusters{"cutoff_d_nn: 2.5", "clusters.cutoff_d_nn = 2.5: "}));

}  // namespace
}  // namespace atomstream
