#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/security/security_options.h"
#include "tests/server/security/lab_ca.h"

namespace atomstream {
namespace {

using testing::StartsWith;

class SecurityFilesTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text, int mode = 0600) {
    return WriteWhole(testing::TempDir() + "security_files_" + name, text, mode);
  }
  static std::string Complaint(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  }
};

TEST_F(SecurityFilesTest, LoadsPolicyAndTokensAndNamesFileAndLine) {
  SecurityOptions options;
  EXPECT_TRUE(LoadCredentials(options).ok());
  options.policy_file = Write("policy", "cn=ana viewer\n");
  const auto credentials = LoadCredentials(options);
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  EXPECT_EQ(credentials->policy.RoleOf({.common_name = "ana"}), Role::kViewer);
  EXPECT_TRUE(credentials->tokens.empty());

  options.policy_file = Write("bad_policy", "cn=ana viewer\nana\n");
  EXPECT_THAT(Complaint(LoadCredentials(options).status()),
              StartsWith(options.policy_file + ":2: "));
  options.policy_file.clear();
  options.token_file = Write("bad_tokens", "n agent\n");
  EXPECT_THAT(Complaint(LoadCredentials(options).status()),
              StartsWith(options.token_file + ":1: "));
  options.token_file = "/no/such.tokens";
  EXPECT_THAT(Complaint(LoadCredentials(options).status()),
              StartsWith("security.token_file = /no/such.tokens: cannot be read"));
}

}  // namespace
}  // namespace atomstream
