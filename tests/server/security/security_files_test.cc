#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/security/security_options.h"
#include "tests/server/security/lab_ca.h"

namespace atomstream {
namespace {

using testing::HasSubstr;
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

  const LabCa ca_;
  const KeyAndCertificate server_ = ca_.Sign({.common_name = "server"});
  TlsOptions tls_ = {.certificate = Write("server.crt", server_.certificate),
                     .key = Write("server.key", server_.key),
                     .client_ca = Write("ca.crt", ca_.certificate())};
};

TEST_F(SecurityFilesTest, TakesACertificateWithItsKey) {
  EXPECT_TRUE(CheckTlsFiles(tls_).ok()) << CheckTlsFiles(tls_);
  tls_.client_ca.clear();
  EXPECT_TRUE(CheckTlsFiles(tls_).ok());
}

TEST_F(SecurityFilesTest, NamesTheFieldOfAFileThatIsNotThereOrNotPem) {
  TlsOptions tls = tls_;
  tls.certificate = "/no/such.crt";
  EXPECT_THAT(Complaint(CheckTlsFiles(tls)),
              StartsWith("security.tls.certificate = /no/such.crt: cannot be read"));
  tls = tls_;
  tls.key = Write("junk.key", "junk");
  EXPECT_THAT(Complaint(CheckTlsFiles(tls)), StartsWith("security.tls.key = "));
  tls = tls_;
  tls.client_ca = tls_.key;
  EXPECT_THAT(Complaint(CheckTlsFiles(tls)), HasSubstr("holds no PEM certificate"));
}

TEST_F(SecurityFilesTest, RefusesAKeyOfAnotherCertificate) {
  tls_.key = Write("other.key", ca_.Sign({.common_name = "other"}).key);
  EXPECT_THAT(Complaint(CheckTlsFiles(tls_)), HasSubstr("is not the key of"));
}

TEST_F(SecurityFilesTest, RefusesACertificateThatHasExpired) {
  const KeyAndCertificate old = ca_.Sign({.common_name = "server", .ends = -absl::Seconds(10)});
  tls_.certificate = Write("old.crt", old.certificate);
  tls_.key = Write("old.key", old.key);
  EXPECT_THAT(Complaint(CheckTlsFiles(tls_)), HasSubstr("has expired"));
}

TEST_F(SecurityFilesTest, RefusesAKeyThatEverybodyCanRead) {
  tls_.key = Write("open.key", server_.key, 0644);
  EXPECT_THAT(Complaint(CheckTlsFiles(tls_)), HasSubstr("chmod o-rw"));
  tls_.key = Write("group.key", server_.key, 0640);
  EXPECT_TRUE(CheckTlsFiles(tls_).ok());
}

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
