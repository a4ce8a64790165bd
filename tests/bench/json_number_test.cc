#include "tests/bench/json_number.h"

#include "gtest/gtest.h"

namespace atomstream::bench {
namespace {

constexpr char kJson[] =
    "{\n \"name\": \"frame 1\",\n \"pixel_size_nm\": 0.0312,\n \"last\": -2e3}";

TEST(JsonNumberTest, FindsNumbersAndTexts) {
  EXPECT_EQ(JsonNumber(kJson, "pixel_size_nm"), 0.0312);
  EXPECT_EQ(JsonNumber(kJson, "last"), -2000);
  EXPECT_EQ(JsonText(kJson, "name"), "frame 1");
}

TEST(JsonNumberTest, MissingOrOtherwiseTypedValuesAreNone) {
  EXPECT_FALSE(JsonNumber(kJson, "pixel_size").has_value());
  EXPECT_FALSE(JsonNumber(kJson, "name").has_value());
  EXPECT_FALSE(JsonText(kJson, "last").has_value());
  EXPECT_FALSE(JsonNumber("", "last").has_value());
}

TEST(JsonNumberTest, FindsListsOfNumbers) {
  const std::string json = "{\"ms\": [1.5, 2,\n 3e1], \"empty\": [], \"mixed\": [1, \"a\"]}";
  EXPECT_EQ(JsonNumbers(json, "ms"), (std::vector<double>{1.5, 2, 30}));
  EXPECT_TRUE(JsonNumbers(json, "empty").empty());
  EXPECT_TRUE(JsonNumbers(json, "mixed").empty());
  EXPECT_TRUE(JsonNumbers(json, "other").empty());
}

}  // namespace
}  // namespace atomstream::bench
