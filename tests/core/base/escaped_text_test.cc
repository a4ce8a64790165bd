#include "core/base/escaped_text.h"

#include <gtest/gtest.h>

#include <string>

namespace atomstream {
namespace {

std::string Json(absl::string_view text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

std::string Value(absl::string_view text) {
  std::string out;
  AppendValue(text, out);
  return out;
}

TEST(EscapedTextTest, PlainTextStaysAsItIs) {
  constexpr absl::string_view kPlain = "a \"b\" [c] \\d \xc3\xa5 \xe2\x82\xac \xf0\x9f\x94\xac";
  EXPECT_EQ(Printable(kPlain), kPlain);
  EXPECT_EQ(Printable(""), "");
}

TEST(EscapedTextTest, NothingSteersATerminalOrTurnsALineRound) {
  EXPECT_EQ(Printable("\x1b[2Jno\r\ngo\x7f"), "\\x1b[2Jno\\x0d\\x0ago\\x7f");
  EXPECT_EQ(Printable("\xc2\x9b\x31m\xe2\x80\xae\xe2\x80\xa8\xef\xbb\xbfz"),
            "\\u009b1m\\u202e\\u2028\\ufeffz");
  EXPECT_EQ(Printable(absl::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(Json("\x1b\x7f\xc2\x9b\xe2\x80\xae"), R"("\u001b\u007f\u009b\u202e")");
}

TEST(EscapedTextTest, BytesThatAreNoUtf8AreShownOrReplaced) {
  // A character that is cut off, one too long for its value, half of a pair.
  constexpr absl::string_view kBad = "\xc3 \xc0\xaf \xed\xa0\x80";
  EXPECT_EQ(Printable(kBad), "\\xc3 \\xc0\\xaf \\xed\\xa0\\x80");
  EXPECT_EQ(Json(kBad), R"("\ufffd \ufffd\ufffd \ufffd\ufffd\ufffd")");
}

TEST(EscapedTextTest, AValueThatCouldBeTakenForSeveralStandsInQuotationMarks) {
  EXPECT_EQ(Value("a=b/c"), "a=b/c");
  EXPECT_EQ(Value("a b\t\"c\"\\"), R"("a b\x09\"c\"\\")");
  EXPECT_EQ(Value(""), "\"\"");
}

TEST(EscapedTextTest, JsonEscapesItsOwnMarks) { EXPECT_EQ(Json("a\"b\\c"), R"("a\"b\\c")"); }

}  // namespace
}  // namespace atomstream
