#include "server/simulator/fault_plan.h"

#include "gmock/gmock.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

TEST(FaultPlanTest, ReadsAListOfFaults) {
  const auto plan = ParseFaultPlan(
      "drop_link_every_50, bad_frame_every_7,duplicate_number_every_9,stall_after_100");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->drop_link_every, 50);
  EXPECT_EQ(plan->bad_frame_every, 7);
  EXPECT_EQ(plan->duplicate_number_every, 9);
  EXPECT_EQ(plan->stall_after, 100);
}

TEST(FaultPlanTest, NothingIsNoFaultAndStallIsAfterTheFirstFrame) {
  const auto none = ParseFaultPlan("");
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->drop_link_every + none->bad_frame_every + none->stall_after, 0);
  const auto stall = ParseFaultPlan("stall");
  ASSERT_TRUE(stall.ok());
  EXPECT_EQ(stall->stall_after, 1);
}

TEST(FaultPlanTest, ReadsFaultsOfTheBeam) {
  const auto plan = ParseFaultPlan("beam_fails_every_5,beam_hangs_every_7,beam_late_every_3");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->beam.fail_every, 5);
  EXPECT_EQ(plan->beam.hang_every, 7);
  EXPECT_EQ(plan->beam.late_every, 3);
  EXPECT_EQ(plan->beam.late_by, absl::Seconds(1));
  EXPECT_EQ(ParseFaultPlan("beam_late_ms_20")->beam.late_by, absl::Milliseconds(20));
}

TEST(FaultPlanTest, NamesWhatItDoesNotKnow) {
  for (const char* fault :
       {"drop_link_every_", "bad_frame_every_0", "bad_frame_every_-1", "stall_after_x", "explode",
        "beam_fails_every_0", "beam_late_ms_x", "drop_link_every_99999999999999999999"}) {
    EXPECT_THAT(std::string(ParseFaultPlan(fault).status().message()), HasSubstr(fault));
  }
}

TEST(FaultPlanTest, IsDueAtMultiples) {
  EXPECT_TRUE(IsDue(6, 3));
  EXPECT_FALSE(IsDue(7, 3));
  EXPECT_FALSE(IsDue(7, 0));
}

}  // namespace
}  // namespace atomstream
