#include "server/log/log_line.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>

namespace atomstream {
namespace {

const absl::Time kTime = absl::FromUnixMicros(1'700'000'000'123'456);

TEST(LogLineTest, TextIsForPeople) {
  EXPECT_EQ(FormatLine(LogFormat::kText, {kTime, LogLevel::kInfo, "listening (port 5)"}),
            "2023-11-14T22:13:20.123456Z INFO listening (port 5)\n");
  EXPECT_EQ(
      FormatLine(
          LogFormat::kText,
          {kTime, LogLevel::kWarning, "refused", {.component = "source", .frame_id = "f7"}, 12}),
      "2023-11-14T22:13:20.123456Z WARNING refused "
      "[component=source frame_id=f7 suppressed=12]\n");
}

TEST(LogLineTest, JsonIsOneObjectALineWithOnlyWhatIsKnown) {
  EXPECT_EQ(
      FormatLine(LogFormat::kJson, {kTime, LogLevel::kInfo, "ready"}),
      "{\"time\":\"2023-11-14T22:13:20.123456Z\",\"level\":\"info\",\"message\":\"ready\"}\n");
  EXPECT_EQ(
      FormatLine(LogFormat::kJson, {kTime,
                                    LogLevel::kWarning,
                                    "bad",
                                    {.component = "analysis", .frame_id = "f", .request_id = "r-1"},
                                    3}),
      "{\"time\":\"2023-11-14T22:13:20.123456Z\",\"level\":\"warning\",\"message\":\"bad\","
      "\"component\":\"analysis\",\"frame_id\":\"f\",\"request_id\":\"r-1\",\"suppressed\":3}\n");
}

TEST(LogLineTest, NoMessageForgesALine) {
  const std::string text = FormatLine(
      LogFormat::kText, {kTime, LogLevel::kInfo, "a\nb\x1b[2Jc", {.frame_id = "x\r\ny"}});
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  EXPECT_NE(text.find("a\\x0ab\\x1b[2Jc [frame_id=x\\x0d\\x0ay]"), std::string::npos) << text;
  const std::string json =
      FormatLine(LogFormat::kJson, {kTime, LogLevel::kInfo, "a\nb\"c\\d\x7f", {.frame_id = "\t"}});
  EXPECT_NE(json.find(R"("message":"a\u000ab\"c\\d\u007f","frame_id":"\u0009")"), std::string::npos)
      << json;
}

TEST(LogLineTest, NoValueForgesAField) {
  const std::array<LogField, 2> more = {LogField{"peer", "a b=\"c\"\\"}, LogField{"caller", ""}};
  EXPECT_EQ(
      FormatLine(LogFormat::kText, {kTime,
                                    LogLevel::kInfo,
                                    "refused",
                                    {.frame_id = "x] [y", .request_id = "a=b/c", .more = more}}),
      "2023-11-14T22:13:20.123456Z INFO refused "
      "[frame_id=\"x] [y\" request_id=a=b/c peer=\"a b=\\\"c\\\"\\\\\"]\n");
}

TEST(LogLineTest, FieldsOfACallFollowAndNumbersAreNumbers) {
  const std::array<LogField, 4> more = {LogField{"method", "Analysis/GetFrame"},
                                        LogField{"gaps", int64_t{3}}, LogField{"duration_s", 0.25},
                                        LogField{"ratio", std::nan("")}};
  EXPECT_EQ(FormatLine(LogFormat::kJson, {kTime, LogLevel::kInfo, "m", {.more = more}, 2}),
            "{\"time\":\"2023-11-14T22:13:20.123456Z\",\"level\":\"info\",\"message\":\"m\","
            "\"method\":\"Analysis/GetFrame\",\"gaps\":3,\"duration_s\":0.25,\"ratio\":null,"
            "\"suppressed\":2}\n");
}

// What a terminal obeys, or what turns a line round: C1 controls, separators, marks of direction.
TEST(LogLineTest, NothingSteersTheReadersTerminal) {
  constexpr absl::string_view kBad = "a\xc2\x9b\x31m\xe2\x80\xae\xe2\x80\xa8z";
  EXPECT_EQ(FormatLine(LogFormat::kText, {kTime, LogLevel::kInfo, kBad}),
            "2023-11-14T22:13:20.123456Z INFO a\\u009b1m\\u202e\\u2028z\n");
  EXPECT_EQ(FormatLine(LogFormat::kJson, {kTime, LogLevel::kInfo, kBad}),
            "{\"time\":\"2023-11-14T22:13:20.123456Z\",\"level\":\"info\","
            "\"message\":\"a\\u009b1m\\u202e\\u2028z\"}\n");
}

TEST(LogLineTest, WhatIsTooLongIsCutAndSaysSo) {
  const std::string line = FormatLine(
      LogFormat::kText,
      {kTime, LogLevel::kInfo, std::string(100'000, 'm'), {.frame_id = std::string(600, 'f')}});
  EXPECT_LT(line.size(), 9000u);
  EXPECT_NE(line.find("mmm... (91808 bytes more) ["), std::string::npos);
  EXPECT_NE(line.find("fff... (88 bytes more)"), std::string::npos);
}

TEST(LogLineTest, Utf8StaysAndWhatIsNoneIsReplaced) {
  const auto json = [](absl::string_view message) {
    const std::string line = FormatLine(LogFormat::kJson, {kTime, LogLevel::kInfo, message});
    const size_t begin = line.find("\"message\":\"") + 11;
    return line.substr(begin, line.find('"', begin) - begin);
  };
  EXPECT_EQ(json("2 µm, 5 €, 🔬"), "2 µm, 5 €, 🔬");
  EXPECT_EQ(json("a\xff"), "a\\ufffd");
  EXPECT_EQ(json("\xc0\xaf"), "\\ufffd\\ufffd");                        // too long for its value
  EXPECT_EQ(json("\xed\xa0\x80"), "\\ufffd\\ufffd\\ufffd");             // half of a pair
  EXPECT_EQ(json("\xf4\x90\x80\x80"), "\\ufffd\\ufffd\\ufffd\\ufffd");  // beyond Unicode
  EXPECT_EQ(json("cut \xe2\x82"), "cut \\ufffd\\ufffd");
}

}  // namespace
}  // namespace atomstream
