#include "server/service/page_token.h"

#include <gmock/gmock.h>

namespace atomstream {
namespace {

using ::testing::HasSubstr;

std::string WhyNot(absl::string_view token, absl::string_view epoch, absl::string_view question) {
  const auto cursor = ReadPageToken(token, epoch, question);
  EXPECT_TRUE(absl::IsInvalidArgument(cursor.status()));
  return std::string(cursor.status().message());
}

TEST(PageTokenTest, IsReadByTheQuestionThatItWasGivenFor) {
  const std::string token = MakePageToken("epoch", std::string("\0filter", 7), 42);
  EXPECT_EQ(*ReadPageToken(token, "epoch", std::string("\0filter", 7)), 42);
  EXPECT_THAT(WhyNot(token, "epoch", "filter"), HasSubstr("was given for another filter"));
  EXPECT_THAT(WhyNot(token, "other", std::string("\0filter", 7)), HasSubstr("is of another epoch"));
}

TEST(PageTokenTest, IsOneWordThatShowsNothing) {
  const std::string token = MakePageToken("epoch", "question", 42);
  EXPECT_EQ(token.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789-_="),
            std::string::npos);
  EXPECT_EQ(token.find("epoch"), std::string::npos);
}

TEST(PageTokenTest, RefusesWhatItDidNotMake) {
  EXPECT_THAT(WhyNot("made up", "epoch", ""), HasSubstr("page_token = made up: is no token"));
  EXPECT_THAT(WhyNot("epoch/5", "epoch", ""), HasSubstr("is no token"));
  const std::string token = MakePageToken("epoch", "", 42);
  for (size_t length = 0; length + 2 < token.size(); ++length) {
    const std::string cut = token.substr(0, length);
    const auto cursor = ReadPageToken(cut, "epoch", "");
    // A cut through the number leaves a smaller one: it is a place in the history, too.
    EXPECT_TRUE(!cursor.ok() || *cursor == 4) << length;
  }
  const std::string message = WhyNot(std::string(100'000, 'x'), "epoch", "");
  EXPECT_LT(message.size(), 300u);
}

}  // namespace
}  // namespace atomstream
