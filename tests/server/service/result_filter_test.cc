#include "server/service/result_filter.h"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <limits>

namespace atomstream {
namespace {

using ::testing::HasSubstr;

TEST(ResultFilterTest, AnEmptyFilterAsksForNothing) {
  const auto filter = FilterFromProto({});
  ASSERT_TRUE(filter.ok());
  EntryKey failed;
  failed.ok = false;
  EXPECT_TRUE(Matches(*filter, failed));
}

TEST(ResultFilterTest, TakesOverEveryField) {
  v1::ResultFilter proto;
  proto.mutable_acquired_from()->set_seconds(5);
  proto.mutable_acquired_from()->set_nanos(6);
  proto.mutable_acquired_before()->set_seconds(7);
  proto.set_detector("unet");
  proto.set_material("graphene");
  proto.set_frame_id("f");
  proto.set_origin("analyze");
  proto.set_succeeded(false);
  proto.set_min_atoms(8);
  proto.set_max_qc(0.5);
  proto.set_max_er(0);
  proto.set_min_f1(1);
  const auto filter = FilterFromProto(proto);
  ASSERT_TRUE(filter.ok()) << filter.status();
  EXPECT_EQ(filter->acquired_from, absl::FromUnixSeconds(5) + absl::Nanoseconds(6));
  EXPECT_EQ(filter->acquired_before, absl::FromUnixSeconds(7));
  EXPECT_EQ(filter->detector, "unet");
  EXPECT_EQ(filter->material, "graphene");
  EXPECT_EQ(filter->frame_id, "f");
  EXPECT_EQ(filter->origin, "analyze");
  EXPECT_EQ(filter->ok, false);
  EXPECT_EQ(filter->min_atom_count, 8);
  EXPECT_EQ(filter->max_qc, 0.5);
  EXPECT_EQ(filter->max_er, 0);
  EXPECT_EQ(filter->min_f1, 1);
}

struct WrongFilter {
  std::function<void(v1::ResultFilter&)> set;
  std::string message;
};

TEST(ResultFilterTest, NamesTheFieldAndTheValue) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<WrongFilter> cases = {
      {[](auto& f) { f.set_detector("yolo"); }, "filter.detector = yolo: must be log_star or unet"},
      {[](auto& f) { f.set_origin("moon"); }, "filter.origin = moon: must be source or analyze"},
      {[](auto& f) { f.set_min_atoms(-1); }, "filter.min_atoms = -1: must not be negative"},
      {[=](auto& f) { f.set_max_qc(nan); }, "filter.max_qc = nan: must be finite"},
      {[](auto& f) { f.set_max_er(-0.5); }, "filter.max_er = -0.5: must be finite"},
      {[](auto& f) { f.set_max_qc(INFINITY); }, "filter.max_qc = inf: must be finite"},
      {[](auto& f) { f.set_min_f1(1.5); }, "filter.min_f1 = 1.5: must be in [0, 1]"},
      {[](auto& f) { f.mutable_acquired_from()->set_nanos(-1); },
       "filter.acquired_from = 0 s -1 ns: nanos must be"},
      {[](auto& f) { f.mutable_acquired_before()->set_nanos(1'000'000'000); },
       "filter.acquired_before = 0 s 1000000000 ns: nanos must be"},
      {[](auto& f) { f.mutable_acquired_from()->set_seconds(253'402'300'800); },
       "filter.acquired_from = 253402300800 s 0 ns: must lie in the years 1 to 9999"},
      {[](auto& f) { f.set_material(std::string(2000, 'x')); },
       "…: must be at most 1024 bytes long"},
      {[](auto& f) {
         f.mutable_acquired_from()->set_seconds(9);
         f.mutable_acquired_before()->set_seconds(9);
       },
       "filter.acquired_before = 1970-01-01T00:00:09Z: must be later than filter.acquired_from"}};
  for (const WrongFilter& wrong : cases) {
    v1::ResultFilter proto;
    wrong.set(proto);
    const auto filter = FilterFromProto(proto);
    EXPECT_TRUE(absl::IsInvalidArgument(filter.status())) << wrong.message;
    EXPECT_THAT(std::string(filter.status().message()), HasSubstr(wrong.message));
    EXPECT_LT(filter.status().message().size(), 300u);
  }
}

}  // namespace
}  // namespace atomstream
