#include "server/security/token_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/security/secret_hash.h"

namespace atomstream {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Verdict = TokenTable::Verdict;

constexpr char kSalt[] = "00112233445566778899aabbccddeeff";
const absl::Time kNow = absl::FromCivil(absl::CivilDay(2027, 1, 1), absl::UTCTimeZone());

std::string LineOf(absl::string_view token, absl::string_view role, absl::string_view expires) {
  const absl::string_view name = token.substr(0, token.find('.'));
  return absl::StrCat(name, " ", role, " ", expires, " ", kSalt, " ",
                      absl::BytesToHexString(SecretHash(kSalt, token)), "\n");
}

TokenTable TableOf(absl::string_view text) {
  const auto table = TokenTable::Parse("lab.tokens", text);
  EXPECT_TRUE(table.ok()) << table.status();
  return table.ok() ? *table : TokenTable();
}

std::string Complaint(absl::string_view text) {
  const auto table = TokenTable::Parse("lab.tokens", text);
  EXPECT_FALSE(table.ok());
  return std::string(table.status().message());
}

TEST(SecretHashTest, IsSha256OfSaltAndSecret) {
  // FIPS 180-4's example for "abc".
  EXPECT_EQ(absl::BytesToHexString(SecretHash("a", "bc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(SecretHashTest, ComparesWholeTextsAndNeverEmptyOnes) {
  EXPECT_TRUE(EqualInConstantTime("abc", "abc"));
  EXPECT_FALSE(EqualInConstantTime("abc", "abd"));
  EXPECT_FALSE(EqualInConstantTime("bbc", "abc"));
  EXPECT_FALSE(EqualInConstantTime("abc", "abcd"));
  EXPECT_FALSE(EqualInConstantTime("", ""));
}

TEST(TokenTableTest, KnowsATokenByItsSecret) {
  const TokenTable table =
      TableOf(absl::StrCat("# tokens\n", LineOf("night.s3cret", "agent", "2027-03-01T00:00:00Z"),
                           LineOf("day.other", "viewer", "2027-03-01T01:00:00+01:00")));
  const auto night = table.Check("night.s3cret", kNow);
  ASSERT_EQ(night.verdict, Verdict::kValid);
  EXPECT_EQ(night.token->name, "night");
  EXPECT_EQ(night.token->role, Role::kAgent);
  EXPECT_EQ(night.token->expires, table.Check("day.other", kNow).token->expires);
}

TEST(TokenTableTest, RefusesWhatIsNotTheWholeToken) {
  const TokenTable table = TableOf(LineOf("night.s3cret", "agent", "2027-03-01T00:00:00Z"));
  for (const std::string& presented :
       {std::string(), std::string("night"), std::string("night."), std::string("night.S3cret"),
        std::string("night.s3cre"), std::string("night.s3cret "), std::string("s3cret"),
        std::string("day.s3cret"), std::string("night.s3cret\0", 13), std::string(100000, 'n')}) {
    EXPECT_EQ(table.Check(presented, kNow).verdict, Verdict::kUnknown) << presented.substr(0, 20);
    EXPECT_EQ(table.Check(presented, kNow).token, nullptr);
  }
  EXPECT_EQ(TokenTable().Check("night.s3cret", kNow).verdict, Verdict::kUnknown);
  EXPECT_EQ(TokenTable().Check("", kNow).verdict, Verdict::kUnknown);
}

TEST(TokenTableTest, ExpiresAtTheSecondItSays) {
  const TokenTable table = TableOf(LineOf("night.s3cret", "agent", "2027-01-01T00:00:00Z"));
  EXPECT_EQ(table.Check("night.s3cret", kNow - absl::Nanoseconds(1)).verdict, Verdict::kValid);
  EXPECT_EQ(table.Check("night.s3cret", kNow).verdict, Verdict::kExpired);
  // Only who knows the secret is told so.
  EXPECT_EQ(table.Check("night.guess", kNow).verdict, Verdict::kUnknown);
}

TEST(TokenTableTest, ErrorsNameFileAndLine) {
  const std::string good = LineOf("night.s3cret", "agent", "2027-03-01T00:00:00Z");
  EXPECT_THAT(Complaint(good + "day viewer\n"), StartsWith("lab.tokens:2: 2 words: must be NAME"));
  EXPECT_THAT(Complaint(good + good), StartsWith("lab.tokens:2: name = night: is in an earlier"));
  EXPECT_THAT(Complaint(LineOf("n/1.x", "agent", "2027-03-01T00:00:00Z")), HasSubstr("name = n/1"));
  EXPECT_THAT(Complaint(LineOf("n.x", "boss", "2027-03-01T00:00:00Z")), HasSubstr("role = boss"));
  EXPECT_THAT(Complaint(LineOf("n.x", "agent", "tomorrow")), HasSubstr("expires = tomorrow"));
  EXPECT_THAT(Complaint("n agent 2027-03-01T00:00:00Z 0011 " + std::string(64, 'a')),
              HasSubstr("salt = 0011: must be 16"));
  // The hash itself is not repeated: it may be a token that somebody pasted there.
  EXPECT_THAT(Complaint(absl::StrCat("n agent 2027-03-01T00:00:00Z ", kSalt, " s3cret")),
              testing::EndsWith("hash: must be 64 hexadecimal digits, not 6 characters"));
}

}  // namespace
}  // namespace atomstream
