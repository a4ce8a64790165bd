// What changes while a daemon runs: certificates, the policy, tokens; also for streams that are
// open.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "atomstream/v1/analysis.grpc.pb.h"
#include "atomstream/v1/targeting.grpc.pb.h"
#include "server/security/call_gate.h"
#include "tests/integration/scrape.h"
#include "tests/integration/secure_daemon.h"

namespace atomstream {
namespace {

using grpc::StatusCode;
using testing::HasSubstr;

constexpr char kGetStatus[] = "/atomstream.v1.Analysis/GetStatus";
constexpr char kSubscribe[] = "/atomstream.v1.Analysis/Subscribe";
// Calls again until something that takes a moment has come about; only a test that fails reaches
// it.
constexpr absl::Duration kPatience = absl::Minutes(1);

// Of a series as Prometheus would scrape it; -1: it is not there.
double MetricOf(SecureDaemon& daemon, const std::string& series) {
  const std::string metrics = Scrape(daemon.harness().daemon().metrics_port());
  const size_t at = metrics.find(series + " ");
  return at == std::string::npos ? -1 : std::stod(metrics.substr(at + series.size() + 1));
}

// A stream that is open, and how it ends.
class OpenStream {
 public:
  OpenStream(const std::shared_ptr<grpc::Channel>& channel, bool of_targets) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    if (of_targets) {
      v1::WatchTargetsRequest request;
      request.mutable_criteria()->set_max_count(1);
      targets_ = v1::Targeting::NewStub(channel)->WatchTargets(&context_, request);
    } else {
      results_ = v1::Analysis::NewStub(channel)->Subscribe(&context_, {});
      v1::SubscribeResponse first;
      begun_ = results_->Read(&first);
    }
  }
  // A stream of results has; of one of targets nothing says so.
  bool begun() const { return begun_; }
  grpc::Status End() {
    v1::SubscribeResponse result;
    v1::WatchTargetsResponse target;
    while (results_ != nullptr && results_->Read(&result)) {
    }
    while (targets_ != nullptr && targets_->Read(&target)) {
    }
    return results_ != nullptr ? results_->Finish() : targets_->Finish();
  }
  void Cancel() { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  bool begun_ = false;
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> results_;
  std::unique_ptr<grpc::ClientReader<v1::WatchTargetsResponse>> targets_;
};

TEST(SecurityReloadTest, AStreamEndsWhenItsRoleIsTakenAway) {
  HarnessOptions options;
  options.daemon.security.limits.max_streams = 2;
  SecureDaemon daemon(/*require_certificate=*/true, std::move(options));
  const auto vera = daemon.Dial("vera");
  OpenStream results(vera, false), targets(vera, true);
  OpenStream of_olga(daemon.Dial("olga"), false);
  ASSERT_TRUE(results.begun() && of_olga.begun());
  // Nothing else says that a stream without a message is there.
  const absl::Time deadline = absl::Now() + kPatience;
  while (CallMethod(vera, kSubscribe).reason != kTooManyStreams) ASSERT_LT(absl::Now(), deadline);
  WriteWhole(daemon.File("policy"), "cn=olga operator\n");
  ASSERT_TRUE(daemon.Reload().ok());
  for (OpenStream* stream : {&results, &targets}) {
    const grpc::Status end = stream->End();
    EXPECT_EQ(end.error_code(), StatusCode::PERMISSION_DENIED);
    EXPECT_THAT(end.error_message(), HasSubstr("[ROLE_MISSING]"));
  }
  of_olga.Cancel();
  EXPECT_EQ(of_olga.End().error_code(), StatusCode::CANCELLED) << "until then it went on";
}

TEST(SecurityReloadTest, AStreamEndsWhenItsTokenIsTakenAway) {
  SecureDaemon daemon(/*require_certificate=*/true);
  OpenStream stream(daemon.Dial("vera", "vic.1"), false);
  ASSERT_TRUE(stream.begun());
  WriteWhole(daemon.File("tokens"), "");
  ASSERT_TRUE(daemon.Reload().ok());
  EXPECT_EQ(stream.End().error_code(), StatusCode::UNAUTHENTICATED)
      << "though the certificate has a role";
}

TEST(SecurityReloadTest, AStreamEndsWhenItsTokenExpires) {
  SecureDaemon daemon(/*require_certificate=*/true);
  // Stamps have whole seconds. On a busy machine a token may have expired before a stream began.
  std::optional<OpenStream> stream;
  for (absl::Duration life = absl::Seconds(3); !stream && life < absl::Minutes(1); life *= 2) {
    WriteWhole(daemon.File("tokens"), TokenLine("brief.1", "viewer", absl::Now() + life));
    ASSERT_TRUE(daemon.Reload().ok());
    stream.emplace(daemon.Dial("vera", "brief.1"), false);
    if (!stream->begun()) stream.reset();
  }
  ASSERT_TRUE(stream);
  const grpc::Status end = stream->End();
  EXPECT_EQ(end.error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(end.error_message(), HasSubstr("[TOKEN_EXPIRED]"));
}

TEST(SecurityReloadTest, ARenewedCertificateCountsWithoutARestart) {
  SecureDaemon daemon(/*require_certificate=*/true);
  const auto before = daemon.Dial("vera");
  ASSERT_TRUE(CallMethod(before, kGetStatus).answered);
  const KeyAndCertificate renewed = daemon.ca().Sign(
      {.common_name = "atomstreamd", .alternative_names = "DNS:renewed.lab.example"});
  WriteWhole(daemon.tls().key, renewed.key);
  WriteWhole(daemon.tls().certificate, renewed.certificate);

  ChannelSecurity vera = daemon.Person("vera");
  vera.server_name = "renewed.lab.example";
  const absl::Time deadline = absl::Now() + kPatience;
  bool answered = false;
  while (!answered && absl::Now() < deadline) {
    answered = CallMethod(daemon.Dial(vera), kGetStatus).answered;
  }
  EXPECT_TRUE(answered);
  EXPECT_TRUE(CallMethod(before, kGetStatus).answered) << "connections that are open stay";
  EXPECT_FALSE(CallMethod(daemon.Dial("vera"), kGetStatus).answered) << "the old name";
}

TEST(SecurityReloadTest, AnotherClientCaCountsWithoutARestart) {
  SecureDaemon daemon(/*require_certificate=*/true);
  ChannelSecurity old_vera = daemon.Person("vera");
  old_vera.ca = WriteWhole(daemon.File("server_ca.crt"), daemon.ca().certificate());
  ASSERT_TRUE(CallMethod(daemon.Dial(old_vera), kGetStatus).answered);
  const LabCa next;
  const KeyAndCertificate person = next.Sign({.common_name = "vera"});
  const ChannelSecurity new_vera = {
      .ca = old_vera.ca,
      .certificate = WriteWhole(daemon.File("new.crt"), person.certificate),
      .key = WriteWhole(daemon.File("new.key"), person.key)};
  EXPECT_FALSE(CallMethod(daemon.Dial(new_vera), kGetStatus).answered);
  WriteWhole(daemon.tls().client_ca, next.certificate());
  const absl::Time deadline = absl::Now() + kPatience;
  bool answered = false;
  while (!answered && absl::Now() < deadline) {
    answered = CallMethod(daemon.Dial(new_vera), kGetStatus).answered;
  }
  EXPECT_TRUE(answered);
  EXPECT_FALSE(CallMethod(daemon.Dial(old_vera), kGetStatus).answered);
}

TEST(SecurityReloadTest, ABrokenPairIsRefusedAndTheOneBeforeServesOn) {
  HarnessOptions options;
  options.with_metrics = true;
  SecureDaemon daemon(/*require_certificate=*/true, std::move(options));
  const KeyAndCertificate other = daemon.ca().Sign(
      {.common_name = "atomstreamd", .alternative_names = "DNS:renewed.lab.example"});
  WriteWhole(daemon.tls().key, other.key);
  const std::string series =
      "atomstream_certificate_readings_total{group=\"server\",outcome=\"refused\"}";
  const absl::Time deadline = absl::Now() + kPatience;
  while (MetricOf(daemon, series) < 1) ASSERT_LT(absl::Now(), deadline);
  EXPECT_TRUE(CallMethod(daemon.Dial("vera"), kGetStatus).answered) << "with the pair before";
  WriteWhole(daemon.tls().certificate, other.certificate);  // now it fits
  ChannelSecurity vera = daemon.Person("vera");
  vera.server_name = "renewed.lab.example";
  bool answered = false;
  while (!answered && absl::Now() < deadline) {
    answered = CallMethod(daemon.Dial(vera), kGetStatus).answered;
  }
  EXPECT_TRUE(answered) << "with the new pair";
}

TEST(SecurityReloadTest, ACertificateThatIsRenewedBeforeItsEndLetsNobodyWait) {
  HarnessOptions options;
  options.with_metrics = true;
  SecureDaemon daemon(/*require_certificate=*/true, std::move(options));
  const std::string series = "atomstream_certificate_not_after_seconds{certificate=\"server\"}";
  const auto replace_and_await = [&](absl::Duration ends) {
    const absl::Time before = absl::Now();
    const absl::Time deadline = before + kPatience;
    const KeyAndCertificate pair = daemon.ca().Sign({.common_name = "atomstreamd", .ends = ends});
    WriteWhole(daemon.tls().key, pair.key);
    WriteWhole(daemon.tls().certificate, pair.certificate);
    // Certificates have whole seconds, and signing takes a moment.
    const double lowest = absl::ToDoubleSeconds(before + ends - absl::UnixEpoch()) - 1;
    double end = 0;
    do {
      end = MetricOf(daemon, series);
    } while ((end < lowest || end > lowest + 60) && absl::Now() < deadline);
    EXPECT_NEAR(end, lowest, 60);
    return absl::FromUnixSeconds(static_cast<int64_t>(end));
  };
  // Before its end; on a busy machine one that lasts longer is needed.
  absl::Time end;
  bool in_time = false;
  for (absl::Duration life = absl::Seconds(8); !in_time && life < absl::Minutes(2); life *= 2) {
    end = replace_and_await(life);
    const bool answered = CallMethod(daemon.Dial("vera"), kGetStatus).answered;
    in_time = absl::Now() < end;
    EXPECT_TRUE(answered || !in_time);
  }
  EXPECT_TRUE(in_time);
  replace_and_await(absl::Hours(2));
  // Who dials sees the new one, before the old one's end and after. A handshake that began with the
  // old one may end too late where the machine stood still; the next one may not.
  const auto is_answered = [&daemon] {
    bool answered = false;
    for (int attempt = 0; attempt < 3 && !answered; ++attempt) {
      answered = CallMethod(daemon.Dial("vera"), kGetStatus).answered;
    }
    return answered;
  };
  while (absl::Now() < end + absl::Seconds(1)) ASSERT_TRUE(is_answered());
  EXPECT_TRUE(is_answered());
}

// Whoever asks for it, and though it is refused.
TEST(SecurityReloadTest, AReloadLooksAtTheCertificatesAtOnce) {
  SecureDaemon daemon(/*require_certificate=*/true, HarnessOptions(), absl::Hours(1));
  const auto adam = daemon.Dial("adam");
  ASSERT_TRUE(CallMethod(adam, kGetStatus).answered) << "connected under the first name";
  WriteWhole(daemon.File("policy"), "cn=vera boss\n");
  const std::function<void()> asks[] = {
      [&] { EXPECT_FALSE(daemon.Reload().ok()); },
      [&] {
        EXPECT_EQ(CallMethod(adam, "/atomstream.v1.Operations/ReloadConfiguration").reason,
                  "CONFIGURATION_INVALID");
      }};
  for (const auto& ask : asks) {
    const std::string name = &ask == asks ? "sighup.lab.example" : "rpc.lab.example";
    const KeyAndCertificate renewed = daemon.ca().Sign(
        {.common_name = "atomstreamd", .alternative_names = absl::StrCat("DNS:", name)});
    WriteWhole(daemon.tls().key, renewed.key);
    WriteWhole(daemon.tls().certificate, renewed.certificate);
    ask();
    ChannelSecurity vera = daemon.Person("vera");
    vera.server_name = name;
    const absl::Time deadline = absl::Now() + kPatience;
    bool answered = false;
    while (!answered && absl::Now() < deadline) {
      answered = CallMethod(daemon.Dial(vera), kGetStatus).answered;
    }
    EXPECT_TRUE(answered) << name;
  }
}

TEST(SecurityReloadTest, ReloadTakesAGoodPolicyAndKeepsTheOldOneInsteadOfABadOne) {
  SecureDaemon daemon(/*require_certificate=*/true);
  const auto channel = daemon.Dial("vera");
  ASSERT_TRUE(CallMethod(channel, kGetStatus).answered);
  WriteWhole(daemon.File("policy"), "cn=vera boss\n");
  EXPECT_THAT(std::string(daemon.Reload().message()), HasSubstr("boss"));
  EXPECT_TRUE(CallMethod(channel, kGetStatus).answered);
  WriteWhole(daemon.File("policy"), "cn=olga operator\n");
  ASSERT_TRUE(daemon.Reload().ok());
  EXPECT_EQ(CallMethod(channel, kGetStatus).reason, kRoleMissing);
}

}  // namespace
}  // namespace atomstream
