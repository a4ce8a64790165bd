#include "core/base/request_id.h"

#include <gtest/gtest.h>

#include <string>

namespace atomstream {
namespace {

TEST(RequestIdTest, TakesWhatNeedsNoEscapeAnywhere) {
  for (const char* good : {"a", "5c1e09f2-17", "01HX3Z/ana@lab:7",
                           "x.y_z~+=", "123e4567-e89b-12d3-a456-426614174000"}) {
    EXPECT_TRUE(IsRequestId(good)) << good;
  }
  EXPECT_TRUE(IsRequestId(std::string(kMaxRequestIdLength, 'x')));
}

TEST(RequestIdTest, RefusesWhatDoes) {
  for (const char* bad :
       {"", "a b", "a\n", "a\"b", "a\\b", "[a]", "a,b", "a;b", "\xc3\xbc", "a\x7f"}) {
    EXPECT_FALSE(IsRequestId(bad)) << bad;
  }
  EXPECT_FALSE(IsRequestId(absl::string_view("a\0b", 3)));
  EXPECT_FALSE(IsRequestId(std::string(kMaxRequestIdLength + 1, 'x')));
}

TEST(RequestIdTest, MakesOnesThatKeepTheRuleWithAllOfTheNumber) {
  EXPECT_EQ(MakeRequestId(0), "0000000000000000");
  EXPECT_EQ(MakeRequestId(0x5c1e09f2a0b1c2d3), "5c1e09f2a0b1c2d3");
  EXPECT_TRUE(IsRequestId(MakeRequestId(~uint64_t{0})));
}

}  // namespace
}  // namespace atomstream
