#include "client/cli/progress_line.h"

#include <gmock/gmock.h>

#include <sstream>
#include <string>

namespace atomstream {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ProgressLineTest : public testing::Test {
 protected:
  std::function<absl::Time()> Clock() {
    return [this] { return now_; };
  }

  absl::Time now_ = absl::FromUnixSeconds(1000);
  std::ostringstream out_;
};

TEST_F(ProgressLineTest, DrawsABarInPlaceAndTakesItAway) {
  {
    ProgressLine line(out_, true, Clock());
    line.Show("exporting", 0.5, "12 results");
    EXPECT_EQ(out_.str(), "\rexporting [############............]  50 %  12 results\x1b[K");
    out_.str("");
  }
  EXPECT_EQ(out_.str(), "\r\x1b[K");
}

TEST_F(ProgressLineTest, DrawsAtMostTenTimesASecond) {
  ProgressLine line(out_, true, Clock());
  for (int i = 0; i < 100; ++i) {
    line.Show("exporting", 0.5, "");
    now_ += absl::Milliseconds(10);
  }
  const std::string text = out_.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\r'), 10);
}

TEST_F(ProgressLineTest, SaysHowLongItWillTakeByTheSpeedOfThisRun) {
  ProgressLine line(out_, true, Clock());
  line.Show("exporting", 0.5, "a");  // resumed here
  EXPECT_THAT(out_.str(), Not(HasSubstr("left")));
  now_ += absl::Seconds(10);
  line.Show("exporting", 0.6, "b");
  EXPECT_THAT(out_.str(), HasSubstr("60 %  b, 40s left"));
}

TEST_F(ProgressLineTest, ElsewherePrintsPlainLinesNowAndThen) {
  ProgressLine line(out_, false, Clock());
  line.Show("exporting", 0.1, "a");
  EXPECT_EQ(out_.str(), "");  // it may be over at once
  for (int second = 0; second < 25; ++second) {
    now_ += absl::Seconds(1);
    line.Show("exporting", 0.2, "b");
  }
  const std::string text = out_.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_THAT(text, HasSubstr("exporting  20 %  b"));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
  EXPECT_THAT(text, Not(HasSubstr("#")));
}

TEST_F(ProgressLineTest, ShowsWorkOfUnknownLength) {
  ProgressLine line(out_, true, Clock());
  line.Show("exporting", -1, "3 results");
  EXPECT_EQ(out_.str(), "\rexporting  3 results\x1b[K");
}

TEST_F(ProgressLineTest, ANoteStays) {
  ProgressLine line(out_, true, Clock());
  line.Show("exporting", 0.5, "");
  out_.str("");
  line.Note("frame f: damaged");
  EXPECT_EQ(out_.str(), "\r\x1b[Kframe f: damaged\n");
}

}  // namespace
}  // namespace atomstream
