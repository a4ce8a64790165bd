#include "server/simulator/beam_flags.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

TEST(ParseBeamDamageTest, ReadsDosesOfSpecies) {
  const auto damage = ParseBeamDamage("Si:hop=2e9, C:knock_out=1e12,Si:knock_out=5e10");
  ASSERT_TRUE(damage.ok()) << damage.status();
  ASSERT_EQ(damage->size(), 2u);
  EXPECT_EQ((*damage)[0].species, "Si");
  EXPECT_EQ((*damage)[0].hop_dose, 2e9);
  EXPECT_EQ((*damage)[0].knock_out_dose, 5e10);
  EXPECT_EQ((*damage)[1].species, "C");
  EXPECT_EQ((*damage)[1].hop_dose, 0);
  EXPECT_EQ((*damage)[1].knock_out_dose, 1e12);
}

TEST(ParseBeamDamageTest, NothingIsNoDamage) { EXPECT_TRUE(ParseBeamDamage("")->empty()); }

TEST(ParseBeamDamageTest, NamesWhatItDoesNotKnow) {
  for (const char* item : {"Si", "Si:hop", "Si:hop=", "Si:jump=1e9", ":hop=1e9", "Si:hop=-1",
                           "Si:hop=0", "Si:hop=nan", "Si:hop=inf", "Si:hop=much"}) {
    const absl::Status status = ParseBeamDamage(item).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << item;
    EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("beam_damage = ", item)));
  }
  EXPECT_THAT(std::string(ParseBeamDamage("Si:hop=1,Si:hop=2").status().message()),
              HasSubstr("twice"));
}

}  // namespace
}  // namespace atomstream
