#include "detectors/log_star/log_star_options.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

std::string Refusal(void (*change)(LogStarOptions&)) {
  LogStarOptions options;
  change(options);
  return std::string(ValidateLogStarOptions(options).message());
}

TEST(LogStarOptionsTest, DefaultsAreValid) { EXPECT_TRUE(ValidateLogStarOptions({}).ok()); }

TEST(LogStarOptionsTest, EveryBadOptionIsNamedWithItsValue) {
  using O = LogStarOptions;
  EXPECT_THAT(Refusal([](O& o) { o.material = "unobtainium"; }), HasSubstr("unobtainium"));
  EXPECT_THAT(Refusal([](O& o) { o.custom_materials = {Material()}; }), HasSubstr("name"));
  EXPECT_THAT(Refusal([](O& o) { o.window_size_px = 31; }), HasSubstr("window_size_px = 31"));
  EXPECT_THAT(Refusal([](O& o) { o.window_stride = 0; }), HasSubstr("window_stride = 0"));
  EXPECT_THAT(Refusal([](O& o) { o.window_stride = 1.1; }), HasSubstr("window_stride = 1.1"));
  EXPECT_THAT(Refusal([](O& o) { o.window_stride = 0.01; }),
              HasSubstr("window_stride = 0.01: must be at least 4 px"));
  EXPECT_THAT(Refusal([](O& o) { o.preprocessing.push_back(Preprocessing::kNone); }),
              HasSubstr("preprocessing = none: must be listed once"));
  EXPECT_THAT(Refusal([](O& o) { o.optimizer = "luck"; }), HasSubstr("luck"));
  EXPECT_THAT(Refusal([](O& o) { o.max_windows = 0; }), HasSubstr("max_windows = 0"));
  EXPECT_THAT(Refusal([](O& o) { o.max_evaluations = 0; }), HasSubstr("max_evaluations = 0"));
  EXPECT_THAT(Refusal([](O& o) { o.time_budget = absl::ZeroDuration(); }),
              HasSubstr("time_budget = 0"));
  EXPECT_THAT(Refusal([](O& o) { o.preprocessing.clear(); }), HasSubstr("preprocessing"));
  EXPECT_THAT(Refusal([](O& o) { o.rewards = {"qc", "beauty"}; }), HasSubstr("beauty"));
  EXPECT_THAT(Refusal([](O& o) { o.rewards = {"qc", "qc"}; }), HasSubstr("two different"));
  EXPECT_THAT(Refusal([](O& o) { o.er_distance_d_nn = 0.5; }), HasSubstr("er_distance_d_nn = 0.5"));
  EXPECT_THAT(Refusal([](O& o) { o.preference = 1.5; }), HasSubstr("preference = 1.5"));
  EXPECT_THAT(Refusal([](O& o) { o.preference = std::numeric_limits<double>::quiet_NaN(); }),
              HasSubstr("preference = nan"));
}

}  // namespace
}  // namespace atomstream
