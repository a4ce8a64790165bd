#include "server/log/log_line.h"

#include <gtest/gtest.h>

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
