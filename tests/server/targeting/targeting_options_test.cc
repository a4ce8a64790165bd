#include "server/targeting/targeting_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace atomstream {
namespace {

using testing::HasSubstr;

std::string Refused(const std::function<void(TargetingOptions&)>& spoil) {
  TargetingOptions options;
  spoil(options);
  return std::string(ValidateTargetingOptions(options).message());
}

TEST(TargetingOptionsTest, TakesItsOwnDefaults) {
  EXPECT_TRUE(ValidateTargetingOptions({}).ok()) << ValidateTargetingOptions({});
}

TEST(TargetingOptionsTest, NamesTheOptionAndItsValue) {
  EXPECT_THAT(Refused([](auto& o) { o.patience_frames = -1; }),
              HasSubstr("targeting.patience_frames = -1"));
  EXPECT_THAT(Refused([](auto& o) { o.max_selections = 0; }), HasSubstr("max_selections = 0"));
  EXPECT_THAT(Refused([](auto& o) { o.selection_idle = absl::ZeroDuration(); }),
              HasSubstr("selection_idle = 0"));
  EXPECT_THAT(Refused([](auto& o) { o.visit_queue = 0; }), HasSubstr("visit_queue = 0"));
  EXPECT_THAT(Refused([](auto& o) { o.max_target_age = absl::Hours(25); }),
              HasSubstr("max_target_age = 25h"));
  EXPECT_THAT(Refused([](auto& o) { o.max_target_age_frames = 0.5; }),
              HasSubstr("max_target_age_frames = 0.5"));
  EXPECT_THAT(Refused([](auto& o) { o.ledger.max_total_dose = 0; }),
              HasSubstr("max_total_dose = 0"));
  EXPECT_THAT(Refused([](auto& o) { o.drift.max_step_px = 0; }), HasSubstr("max_step_px"));
}

}  // namespace
}  // namespace atomstream
