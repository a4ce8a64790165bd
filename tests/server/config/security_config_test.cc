#include "server/config/security_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "server/config/config.h"
#include "server/security/exposure.h"

namespace atomstream {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kTls[] =
    "security { tls { certificate: 'c' key: 'k' client_ca: 'a' } policy_file: 'p' } ";

std::string Complaint(const std::string& text) {
  const auto options = ParseConfig(text);
  EXPECT_FALSE(options.ok()) << text;
  EXPECT_EQ(options.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(options.status().message());
}

DaemonOptions Parsed(const std::string& text) {
  auto options = ParseConfig(text);
  EXPECT_TRUE(options.ok()) << options.status();
  return options.ok() ? *std::move(options) : DaemonOptions();
}

TEST(SecurityConfigTest, WithoutTheBlockThereIsNoTlsAndThereAreNoLimits) {
  const SecurityOptions security = Parsed("").security;
  EXPECT_FALSE(security.tls);
  EXPECT_FALSE(security.gate().authenticate);
  EXPECT_EQ(security.limits.calls_per_second, 0);
  EXPECT_EQ(security.limits.bytes_per_second, 0);
  EXPECT_EQ(security.limits.frames_per_second, 0);
  EXPECT_EQ(security.limits.max_streams, 0);
}

TEST(SecurityConfigTest, WithTlsClientsAreAuthenticatedAndLimited) {
  const SecurityOptions security = Parsed(kTls).security;
  ASSERT_TRUE(security.tls);
  EXPECT_TRUE(security.tls->require_client_certificate);
  EXPECT_EQ(security.tls->reload_interval, absl::Seconds(10));
  EXPECT_TRUE(security.gate().authenticate);
  EXPECT_EQ(security.limits.calls_per_second, 200);
  EXPECT_EQ(security.limits.bytes_per_second, 512.0 * (1 << 20));
  EXPECT_EQ(security.limits.frames_per_second, 100);
  EXPECT_EQ(security.limits.burst, absl::Seconds(5));
  EXPECT_EQ(security.limits.max_streams, 16);
}

TEST(SecurityConfigTest, ReadsEveryField) {
  const SecurityOptions security =
      Parsed(
          "security { tls { certificate: 'c' key: 'k' require_client_certificate: false"
          " reload_interval_s: 60 } token_file: 't' insecure_remote: true"
          " limits { calls_per_second: 0 request_mib_per_second: 2 frames_per_second: 0.5"
          " burst_s: 1 max_streams: 0 } }")
          .security;
  EXPECT_FALSE(security.tls->require_client_certificate);
  EXPECT_EQ(security.tls->client_ca, "");
  EXPECT_EQ(security.tls->reload_interval, absl::Minutes(1));
  EXPECT_EQ(security.token_file, "t");
  EXPECT_TRUE(security.insecure_remote);
  EXPECT_EQ(security.limits.calls_per_second, 0);
  EXPECT_EQ(security.limits.bytes_per_second, 2.0 * (1 << 20));
  EXPECT_EQ(security.limits.frames_per_second, 0.5);
  EXPECT_EQ(security.limits.burst, absl::Seconds(1));
  EXPECT_EQ(security.limits.max_streams, 0);
}

TEST(SecurityConfigTest, RefusesOtherThanLoopbackInTheClear) {
  for (const char* address : {"0.0.0.0:50051", "[::]:50051", "10.0.0.3:50051", "lab.example:50051",
                              "127.evil.example:50051", "[::2]:50051"}) {
    const std::string listen = absl::StrCat("listen_address: '", address, "' ");
    EXPECT_THAT(Complaint(listen), StartsWith(absl::StrCat("listen_address = ", address, ": ")));
    EXPECT_THAT(Complaint(listen), HasSubstr("security.tls"));
    EXPECT_EQ(Parsed(listen + kTls).listen_address, address);
    EXPECT_EQ(Parsed(listen + "security { insecure_remote: true }").listen_address, address);
  }
  for (const char* address : {"127.0.0.1:0", "127.1.2.3:50051", "localhost:50051", "[::1]:50051"}) {
    EXPECT_TRUE(IsLoopback(address)) << address;
    Parsed(absl::StrCat("listen_address: '", address, "'"));
  }
}

TEST(SecurityConfigTest, NamesTheFieldThatIsMissingOrOutOfRange) {
  EXPECT_THAT(Complaint("security { tls { key: 'k' } policy_file: 'p' }"),
              StartsWith("security.tls.certificate: must be set"));
  EXPECT_THAT(Complaint("security { tls { certificate: 'c' } policy_file: 'p' }"),
              StartsWith("security.tls.key: must be set"));
  EXPECT_THAT(Complaint("security { tls { certificate: 'c' key: 'k' } token_file: 't' }"),
              StartsWith("security.tls.client_ca: must be set, or"));
  EXPECT_THAT(Complaint("security { tls { certificate: 'c' key: 'k' client_ca: 'a' } }"),
              StartsWith("security.policy_file: must be set, or security.token_file"));
  EXPECT_THAT(Complaint("security { tls { certificate: 'c' key: 'k'"
                        " require_client_certificate: false } policy_file: 'p' }"),
              StartsWith("security.tls.client_ca: must be set: policy_file"));
  EXPECT_THAT(Complaint("security { token_file: 't' }"),
              StartsWith("security.token_file: has no effect without security.tls"));
  EXPECT_THAT(Complaint("security { tls { certificate: 'c' key: 'k' client_ca: 'a'"
                        " reload_interval_s: 0 } policy_file: 'p' }"),
              StartsWith("security.tls.reload_interval_s = 0: "));
  for (const char* field :
       {"calls_per_second", "request_mib_per_second", "frames_per_second", "burst_s"}) {
    for (const char* value : {"-1", "1e9", "nan"}) {
      EXPECT_THAT(Complaint(absl::StrCat("security { limits { ", field, ": ", value, " } }")),
                  StartsWith(absl::StrCat("security.limits.", field, " = ")));
    }
  }
  EXPECT_THAT(Complaint("security { limits { max_streams: -1 } }"),
              StartsWith("security.limits.max_streams = -1: "));
}

TEST(SecurityConfigTest, ReadsTheLinkToTheMicroscope) {
  const DaemonOptions options = Parsed(
      "source { microscope { address: 'scope:1' tls { ca: 'a' certificate: 'c' key: 'k'"
      " token_file: 't' server_name: 'n' } } }");
  const ChannelSecurity& security = std::get<MicroscopeOptions>(options.source).security;
  EXPECT_EQ(security.ca, "a");
  EXPECT_EQ(security.certificate, "c");
  EXPECT_EQ(security.key, "k");
  EXPECT_EQ(security.token_file, "t");
  EXPECT_EQ(security.server_name, "n");
  EXPECT_THAT(Complaint("source { microscope { address: 'scope:1' tls { certificate: 'c' } } }"),
              StartsWith("source.microscope.tls.ca: must be set"));
  EXPECT_THAT(Complaint("source { microscope { address: 'scope:1' tls { ca: 'a' key: 'k' } } }"),
              StartsWith("source.microscope.tls.key: must be set together with"));
}

TEST(SecurityConfigTest, RelativeFilesAreOfTheFolderOfTheConfiguration) {
  const std::string path = testing::TempDir() + "security_config.textproto";
  std::ofstream(path) << kTls
                      << "source { microscope { address: 'scope:1' tls { ca: '/etc/a' } } }";
  const auto options = LoadConfig(path);
  ASSERT_TRUE(options.ok()) << options.status();
  const SecurityOptions& security = options->security;
  EXPECT_EQ(security.tls->certificate, testing::TempDir() + "c");
  EXPECT_EQ(security.tls->key, testing::TempDir() + "k");
  EXPECT_EQ(security.tls->client_ca, testing::TempDir() + "a");
  EXPECT_EQ(security.policy_file, testing::TempDir() + "p");
  EXPECT_EQ(security.token_file, "");
  EXPECT_EQ(std::get<MicroscopeOptions>(options->source).security.ca, "/etc/a");
}

}  // namespace
}  // namespace atomstream
