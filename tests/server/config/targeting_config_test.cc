#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "server/config/config.h"

namespace atomstream {
namespace {

using testing::StartsWith;

TEST(TargetingConfigTest, WithoutTheBlockThereAreTargetsByDefault) {
  const TargetingOptions options = ParseConfig("")->targeting;
  EXPECT_TRUE(options.enabled);
  EXPECT_EQ(options.ledger.max_site_dose, 10);
  EXPECT_EQ(options.max_selections, 32);
  EXPECT_EQ(options.ledger.max_leases, 17);  // those that wait, and the one that has the beam
}

TEST(TargetingConfigTest, EveryFieldReachesItsOption) {
  const absl::StatusOr<DaemonOptions> read = ParseConfig(R"(
      targeting {
        enabled: false max_site_dose_s: 2 max_total_dose_s: 20 max_dwell_ms: 500 max_lease_s: 5
        max_target_age_s: 1.5 max_target_age_frames: 4 patience_frames: 0 max_selections: 7
        selection_idle_s: 30 visit_queue: 3 max_drift_step_px: 6 drift_change_px: 0.5
        min_drift_quality: 0.4 tolerance_d_nn: 0.3 max_sites: 100
      })");
  ASSERT_TRUE(read.ok()) << read.status();
  const TargetingOptions& options = read->targeting;
  EXPECT_FALSE(options.enabled);
  EXPECT_EQ(options.ledger.max_site_dose, 2);
  EXPECT_EQ(options.ledger.max_total_dose, 20);
  EXPECT_EQ(options.ledger.max_dwell, absl::Milliseconds(500));
  EXPECT_EQ(options.ledger.max_lease, absl::Seconds(5));
  EXPECT_EQ(options.max_target_age, absl::Seconds(1.5));
  EXPECT_EQ(options.max_target_age_frames, 4);
  EXPECT_EQ(options.patience_frames, 0);
  EXPECT_EQ(options.max_selections, 7);
  EXPECT_EQ(options.selection_idle, absl::Seconds(30));
  EXPECT_EQ(options.visit_queue, 3);
  EXPECT_EQ(options.drift.max_step_px, 6);
  EXPECT_EQ(options.drift.step_change_px, 0.5);
  EXPECT_EQ(options.tracker.min_drift_quality, 0.4);
  EXPECT_EQ(options.tracker.tolerance_d_nn, 0.3);
  EXPECT_EQ(options.tracker.max_sites, 100);
}

struct BadTargeting {
  std::string text;   // inside the block
  std::string error;  // its beginning
};

class BadTargetingConfigTest : public testing::TestWithParam<BadTargeting> {};

TEST_P(BadTargetingConfigTest, IsRefusedByFieldAndValue) {
  const absl::Status status = ParseConfig("targeting { " + GetParam().text + " }").status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), StartsWith(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Fields, BadTargetingConfigTest,
    testing::Values(
        BadTargeting{"max_site_dose_s: 0", "targeting.max_site_dose_s = 0: "},
        BadTargeting{"max_total_dose_s: -1", "targeting.max_total_dose_s = -1: "},
        BadTargeting{"max_total_dose_s: inf", "targeting.max_total_dose_s = inf: "},
        BadTargeting{"max_dwell_ms: 0", "targeting.max_dwell_ms = 0: "},
        BadTargeting{"max_dwell_ms: nan", "targeting.max_dwell_ms = nan: "},
        BadTargeting{"max_lease_s: 86401", "targeting.max_lease_s = 86401: "},
        BadTargeting{"max_lease_s: 5", "targeting.max_lease_s = 5: must be at least max_dwell_ms"},
        BadTargeting{"max_target_age_s: 0", "targeting.max_target_age_s = 0: "},
        BadTargeting{"max_target_age_frames: 0.5", "targeting.max_target_age_frames = 0.5: "},
        BadTargeting{"patience_frames: -1", "targeting.patience_frames = -1: "},
        BadTargeting{"max_selections: 1001", "targeting.max_selections = 1001: "},
        BadTargeting{"selection_idle_s: 0", "targeting.selection_idle_s = 0: "},
        BadTargeting{"visit_queue: 0", "targeting.visit_queue = 0: "},
        BadTargeting{"max_drift_step_px: 0.5", "targeting.max_drift_step_px = 0.5: "},
        BadTargeting{"drift_change_px: 0", "targeting.drift_change_px = 0: "},
        BadTargeting{"min_drift_quality: 1.5", "targeting.min_drift_quality = 1.5: "},
        BadTargeting{"tolerance_d_nn: 0.5", "targeting.tolerance_d_nn = 0.5: "},
        BadTargeting{"max_sites: 0", "targeting.max_sites = 0: "}));

}  // namespace
}  // namespace atomstream
