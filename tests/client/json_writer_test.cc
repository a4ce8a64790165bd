#include "client/cli/json_writer.h"

#include <cmath>
#include <cstdlib>
#include <limits>

#include "gtest/gtest.h"

namespace atomstream {
namespace {

TEST(JsonWriterTest, PutsCommasBetweenMembersOnly) {
  JsonWriter json;
  json.BeginObject();
  json.Key("a").Integer(1).Key("b").BeginArray().EndArray();
  json.Key("c").BeginArray().Integer(1).BeginObject().EndObject().Text("x").EndArray();
  json.Key("d").BeginObject().Key("e").Bool(true).Key("f").Null().EndObject();
  json.EndObject();
  EXPECT_EQ(json.text(), R"({"a":1,"b":[],"c":[1,{},"x"],"d":{"e":true,"f":null}})");
}

TEST(JsonWriterTest, EscapesWhatJsonForbidsInText) {
  JsonWriter json;
  json.Text(absl::string_view("quote \" backslash \\ line\n tab\t zero\0 end", 40));
  EXPECT_EQ(json.text(), R"("quote \" backslash \\ line\u000a tab\u0009 zero\u0000 end")");
}

TEST(JsonWriterTest, NothingInALineSteersATerminal) {
  JsonWriter json;
  json.BeginObject().Key("\x7f").Text("\x1b[2J \xc2\x9b \xe2\x80\xae").EndObject();
  EXPECT_EQ(json.text(), R"({"\u007f":"\u001b[2J \u009b \u202e"})");
}

TEST(JsonWriterTest, KeepsUtf8AndReplacesWhatIsNot) {
  const auto quoted = [](absl::string_view text) {
    JsonWriter json;
    json.Text(text);
    return json.text();
  };
  EXPECT_EQ(quoted("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x94\xAC"),
            "\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x94\xAC\"");
  const std::string bad = "\\ufffd";
  EXPECT_EQ(quoted("a\xFFz"), "\"a" + bad + "z\"");
  EXPECT_EQ(quoted("\xC3"), "\"" + bad + "\"");                      // cut off
  EXPECT_EQ(quoted("\xC0\x80"), "\"" + bad + bad + "\"");            // overlong
  EXPECT_EQ(quoted("\xED\xA0\x80"), "\"" + bad + bad + bad + "\"");  // surrogate
  EXPECT_EQ(quoted("\xF5\x80\x80\x80"), "\"" + bad + bad + bad + bad + "\"");
}

TEST(JsonWriterTest, WritesTheShortestNumberThatReadsBackTheSame) {
  const auto number = [](auto value) {
    JsonWriter json;
    json.Number(value);
    return json.text();
  };
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(0.1f), "0.1");
  EXPECT_EQ(number(-2.0), "-2");
  for (const double value : {1.0 / 3, 6.02e23, 5e-324, std::numeric_limits<double>::max()}) {
    EXPECT_EQ(std::strtod(number(value).c_str(), nullptr), value);
  }
}

TEST(JsonWriterTest, WritesNullForWhatIsNoNumber) {
  JsonWriter json;
  json.BeginArray().Number(std::nan("")).Number(HUGE_VAL).Number(-HUGE_VALF).EndArray();
  EXPECT_EQ(json.text(), "[null,null,null]");
}

TEST(JsonWriterTest, WritesTheExtremesOfIntegers) {
  JsonWriter json;
  json.BeginArray().Integer(INT64_MIN).Integer(INT64_MAX).EndArray();
  EXPECT_EQ(json.text(), "[-9223372036854775808,9223372036854775807]");
}

}  // namespace
}  // namespace atomstream
