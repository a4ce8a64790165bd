#include "client/cpp/channel_security.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "client/cpp/channel_flags.h"
#include "grpcpp/security/credentials.h"

namespace atomstream {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string Write(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "channel_security_" + name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::string Complaint(const ChannelSecurity& security) {
  const auto credentials = MakeChannelCredentials(security);
  EXPECT_FALSE(credentials.ok());
  EXPECT_EQ(credentials.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(credentials.status().message());
}

TEST(ChannelSecurityTest, WithoutFilesTheChannelIsInTheClear) {
  EXPECT_TRUE(MakeChannelCredentials({}).ok());
}

TEST(ChannelSecurityTest, NothingSecretGoesOverAChannelInTheClear) {
  EXPECT_THAT(Complaint({.token_file = Write("token", "n.s")}), StartsWith("ca: must be set"));
  EXPECT_THAT(Complaint({.certificate = "c", .key = "k"}), StartsWith("ca: must be set"));
  EXPECT_THAT(Complaint({.server_name = "n"}), StartsWith("ca: must be set"));
}

TEST(ChannelSecurityTest, NamesTheFileThatIsNotThereOrEmpty) {
  const std::string ca = Write("ca", "pem");
  EXPECT_THAT(Complaint({.ca = "/no/such"}), StartsWith("ca = /no/such: cannot be read"));
  EXPECT_THAT(Complaint({.ca = Write("empty", "")}), HasSubstr("is empty"));
  EXPECT_THAT(Complaint({.ca = ca, .certificate = ca}), StartsWith("key: must be set together"));
  EXPECT_THAT(Complaint({.ca = ca, .certificate = ca, .key = "/no/such"}),
              StartsWith("key = /no/such: cannot be read"));
}

TEST(ChannelSecurityTest, ATokenFileHoldsOneTokenAndNothingElse) {
  const std::string ca = Write("ca", "pem");
  EXPECT_TRUE(MakeChannelCredentials({.ca = ca, .token_file = Write("good", " n.s\r\n")}).ok());
  for (const std::string& text : {std::string("a b"), std::string("\n"), std::string("a\x01"),
                                  std::string("a\nb"), std::string("\xc3\xa4")}) {
    EXPECT_THAT(Complaint({.ca = ca, .token_file = Write("bad", text)}), HasSubstr("one token"));
  }
}

TEST(ChannelSecurityTest, WhatTheCallerHasReadCountsAndNoFileIsRead) {
  const ChannelSecurity security = {
      .ca = "/no/such/ca", .certificate = "/no/c", .key = "/no/k", .token_file = "/no/such/token"};
  ChannelTexts texts = {.ca = "pem", .certificate = "pem", .key = "pem", .token = "n.s\n"};
  EXPECT_TRUE(MakeChannelCredentials(security, texts).ok());
  EXPECT_FALSE(MakeChannelCredentials(security, {}).ok()) << "no CA is not every CA";
  texts.token = "a b";
  EXPECT_THAT(std::string(MakeChannelCredentials(security, texts).status().message()),
              StartsWith("token_file = /no/such/token: must hold one token"));
  EXPECT_FALSE(MakeChannelCredentials({.key = "/no/k"}, texts).ok());
}

TEST(ChannelFlagsTest, FlagsCountBeforeTheEnvironment) {
  ASSERT_EQ(setenv("ATOMSTREAM_CA", "/env/ca", 1), 0);
  ASSERT_EQ(setenv("ATOMSTREAM_TOKEN_FILE", "/env/token", 1), 0);
  ChannelSecurity security = ChannelSecurityFromEnvironment();
  unsetenv("ATOMSTREAM_CA");
  unsetenv("ATOMSTREAM_TOKEN_FILE");
  FlagSet flags("usage");
  AddSecurityFlags(flags, security);
  ASSERT_TRUE(flags.Parse({"--ca=/flag/ca", "--cert=/flag/cert"}).ok());
  EXPECT_EQ(security.ca, "/flag/ca");
  EXPECT_EQ(security.certificate, "/flag/cert");
  EXPECT_EQ(security.token_file, "/env/token");
  EXPECT_EQ(security.key, "");
}

}  // namespace
}  // namespace atomstream
