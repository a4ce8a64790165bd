// Every method of the daemon, by the service descriptors, refuses whoever may not call it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "atomstream/v1/steering.grpc.pb.h"
#include "atomstream/v1/targeting.grpc.pb.h"
#include "client/cpp/channel.h"
#include "server/security/call_gate.h"
#include "server/security/method_rules.h"
#include "server/service/error.h"
#include "tests/integration/secure_daemon.h"

namespace atomstream {
namespace {

using grpc::StatusCode;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kGetStatus[] = "/atomstream.v1.Analysis/GetStatus";
constexpr char kSubscribe[] = "/atomstream.v1.Analysis/Subscribe";
constexpr char kHealth[] = "/grpc.health.v1.Health/Check";
constexpr char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
// Calls again until something that takes a moment has come about; only a test that fails reaches
// it.
constexpr absl::Duration kPatience = absl::Minutes(1);

TEST(SecurityTest, WithoutACertificateOfTheLabNobodyGetsPastTheHandshake) {
  SecureDaemon daemon(/*require_certificate=*/true);
  const auto nobody = daemon.Dial("");
  const auto with_token = daemon.Dial("", "ada.1");
  for (const std::string& method : daemon.Methods()) {
    EXPECT_EQ(CallMethod(nobody, method).status.error_code(), StatusCode::UNAVAILABLE) << method;
    EXPECT_EQ(CallMethod(with_token, method).status.error_code(), StatusCode::UNAVAILABLE)
        << method;
  }
  for (const std::string& method : daemon.ForeignMethods()) {
    EXPECT_EQ(CallMethod(nobody, method).status.error_code(), StatusCode::UNAVAILABLE) << method;
  }
  EXPECT_TRUE(CallMethod(daemon.Dial("vera"), kGetStatus).answered);
}

TEST(SecurityTest, AClientCanTellWhyItHasNoConnection) {
  SecureDaemon daemon(/*require_certificate=*/true);
  ChannelSecurity security = daemon.Person("vera");
  const auto good = daemon.Dial(security);
  ASSERT_TRUE(WaitUntilConnected(*good, kPatience));
  EXPECT_EQ(WhyNotConnected(*good), "");
  security.ca = WriteWhole(daemon.File("other_ca.crt"), LabCa().certificate());
  const auto bad = daemon.Dial(security);
  const absl::Time deadline = absl::Now() + kPatience;
  std::string why;
  while (why.empty() && absl::Now() < deadline) {
    EXPECT_FALSE(WaitUntilConnected(*bad, absl::Milliseconds(50)));
    why = WhyNotConnected(*bad);
  }
  EXPECT_THAT(why, HasSubstr("handshake failed"));
}

TEST(SecurityTest, CertificatesOfOthersAndExpiredOnesAreRefusedInTheHandshake) {
  SecureDaemon daemon(/*require_certificate=*/true);
  const LabCa other;
  for (const KeyAndCertificate& wrong :
       {other.Sign({.common_name = "adam"}),
        daemon.ca().Sign({.common_name = "adam", .ends = -absl::Seconds(10)}),
        daemon.ca().Sign({.common_name = "adam", .begins = absl::Minutes(10)})}) {
    const ChannelSecurity security = {
        .ca = daemon.tls().client_ca,
        .certificate = WriteWhole(daemon.File("wrong.crt"), wrong.certificate),
        .key = WriteWhole(daemon.File("wrong.key"), wrong.key)};
    EXPECT_EQ(CallMethod(daemon.Dial(security), kGetStatus).status.error_code(),
              StatusCode::UNAVAILABLE);
  }
  EXPECT_EQ(CallMethod(daemon.harness().NewChannel(), kGetStatus).status.error_code(),
            StatusCode::UNAVAILABLE)
      << "in the clear";
}

TEST(SecurityTest, EveryMethodRefusesWhoShowsNothing) {
  SecureDaemon daemon(/*require_certificate=*/false);
  // A channel each: who is refused is soon refused for calling too often.
  for (const std::string& method : daemon.Methods()) {
    const CallOutcome outcome = CallMethod(daemon.Dial(""), method);
    EXPECT_EQ(outcome.status.error_code(), StatusCode::UNAUTHENTICATED) << method;
    EXPECT_EQ(outcome.reason, kCredentialsMissing) << method;
  }
}

TEST(SecurityTest, EveryMethodRefusesWrongAndExpiredTokens) {
  for (const auto& [token, reason] :
       {std::pair("ada.2", kTokenInvalid), std::pair("late.1", kTokenExpired)}) {
    SecureDaemon daemon(/*require_certificate=*/true);
    // Also of somebody whose certificate would do.
    const auto channel = daemon.Dial("adam", token);
    for (const std::string& method : daemon.Methods()) {
      const CallOutcome outcome = CallMethod(channel, method);
      EXPECT_EQ(outcome.status.error_code(), StatusCode::UNAUTHENTICATED) << method;
      EXPECT_EQ(outcome.reason, reason) << method;
    }
  }
}

TEST(SecurityTest, EveryMethodIsForItsRolesAndNoOthers) {
  SecureDaemon daemon(/*require_certificate=*/false);
  const char* tokens[] = {"vic.1", "olaf.1", "axel.1", "ada.1"};
  for (const Role role : kAllRoles) {
    const auto index = static_cast<size_t>(role);
    for (const auto& channel : {daemon.Dial(kPeople[index]), daemon.Dial("", tokens[index])}) {
      for (const std::string& method : daemon.Methods()) {
        const MethodRule* rule = FindMethodRule(method);
        ASSERT_NE(rule, nullptr) << method << ": add it to server/security/method_rules.cc";
        const CallOutcome outcome = CallMethod(channel, method, RequestThatEnds(method));
        if (rule->roles.Has(role)) {
          EXPECT_FALSE(IsRefusal(outcome))
              << method << " " << RoleName(role) << ": " << outcome.status.error_message();
        } else {
          EXPECT_EQ(outcome.status.error_code(), StatusCode::PERMISSION_DENIED) << method;
          EXPECT_EQ(outcome.reason, kRoleInsufficient) << method;
        }
      }
    }
  }
}

TEST(SecurityTest, ACertificateWithoutARoleMayDoNothing) {
  SecureDaemon daemon(/*require_certificate=*/true);
  const CallOutcome outcome = CallMethod(daemon.Dial("mallory"), kGetStatus);
  EXPECT_EQ(outcome.status.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(outcome.reason, kRoleMissing);
}

TEST(SecurityTest, EveryMethodRefusesARequestThatIsTooLarge) {
  HarnessOptions options;
  options.daemon.max_message_mib = 3;
  SecureDaemon daemon(/*require_certificate=*/true, std::move(options));
  const auto channel = daemon.Dial("adam");
  for (const std::string& method : daemon.Methods()) {
    // AnalyzeFrame takes whatever a message may be; beyond that gRPC refuses, without a reason.
    const bool of_frame = FindMethodRule(method)->max_request_bytes == 0;
    const std::string request((of_frame ? 4 : 1) * (1 << 20) + 1, '\0');
    const CallOutcome outcome = CallMethod(channel, method, request);
    EXPECT_EQ(outcome.status.error_code(), StatusCode::RESOURCE_EXHAUSTED) << method;
    EXPECT_EQ(outcome.reason, of_frame ? "" : kRequestTooLarge) << method;
    EXPECT_FALSE(outcome.has_retry_info) << method;
  }
  for (const std::string& method : daemon.ForeignMethods()) {
    const CallOutcome outcome = CallMethod(channel, method, std::string((4 << 20) + 1, '\0'));
    EXPECT_EQ(outcome.status.error_code(), StatusCode::RESOURCE_EXHAUSTED) << method;
  }
}

TEST(SecurityTest, EveryMethodOutlivesARequestThatIsNoMessage) {
  SecureDaemon daemon(/*require_certificate=*/true);
  const auto channel = daemon.Dial("adam");
  for (const std::string& method : daemon.Methods()) {
    for (const std::string& request : {std::string("\xff\xff\xff"), std::string(1000, '\x0a')}) {
      const CallOutcome outcome = CallMethod(channel, method, request);
      EXPECT_EQ(outcome.status.error_code(), StatusCode::INVALID_ARGUMENT) << method;
      EXPECT_EQ(outcome.reason, std::string(kRequestUnreadable)) << method;
    }
  }
  EXPECT_TRUE(CallMethod(channel, kGetStatus).answered);
}

TEST(SecurityTest, ARequestThatIsNestedTooDeeplyIsRefusedAsSuch) {
  SecureDaemon daemon(/*require_certificate=*/true);
  const auto channel = daemon.Dial("agnes");
  const auto request_of = [](int levels) {
    v1::SelectTargetsRequest request;
    v1::Condition* at = request.mutable_criteria()->mutable_where();
    for (int i = 0; i < levels; ++i) at = at->mutable_not_();
    at->mutable_all_of();
    return request.SerializeAsString();
  };
  const char kSelect[] = "/atomstream.v1.Targeting/SelectTargets";
  const CallOutcome deep = CallMethod(channel, kSelect, request_of(200));
  EXPECT_EQ(deep.status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(deep.reason, kRequestUnreadable);
  EXPECT_THAT(deep.status.error_message(), HasSubstr("100 levels"));
  EXPECT_NE(CallMethod(channel, kSelect, request_of(3)).reason, kRequestUnreadable);
}

TEST(SecurityTest, EveryMethodRefusesTooManyCallsAndSaysWhenToCallAgain) {
  HarnessOptions options;
  // One call; the next one in a hundred seconds.
  options.daemon.security.limits = {.calls_per_second = 0.01, .burst = absl::Seconds(100)};
  SecureDaemon daemon(/*require_certificate=*/true, std::move(options));
  const auto channel = daemon.Dial("adam");
  EXPECT_TRUE(CallMethod(channel, kGetStatus).answered);
  for (const std::string& method : daemon.Methods()) {
    const CallOutcome outcome = CallMethod(channel, method);
    EXPECT_EQ(outcome.status.error_code(), StatusCode::RESOURCE_EXHAUSTED) << method;
    EXPECT_EQ(outcome.reason, kRateLimited) << method;
    EXPECT_TRUE(outcome.has_retry_info) << method;
    EXPECT_GT(outcome.retry_delay_s, 0) << method;
    EXPECT_LE(outcome.retry_delay_s, 100) << method;
  }
  EXPECT_TRUE(CallMethod(daemon.Dial("vera"), kGetStatus).answered);
  // Reflection has the same limits; health checks have their own.
  EXPECT_EQ(CallMethod(channel, kReflection).status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  for (const std::string& method : daemon.ForeignMethods()) {
    if (method == kReflection) continue;
    StatusCode code = StatusCode::OK;
    for (int i = 0; i < 5000 && code != StatusCode::RESOURCE_EXHAUSTED; ++i) {
      code = CallMethod(channel, method).status.error_code();
    }
    EXPECT_EQ(code, StatusCode::RESOURCE_EXHAUSTED) << method;
  }
}

TEST(SecurityTest, AStreamCountsUntilItEnds) {
  HarnessOptions options;
  options.daemon.security.limits.max_streams = 1;
  SecureDaemon daemon(/*require_certificate=*/true, std::move(options));
  const auto channel = daemon.Dial("vera");
  const auto stub = v1::Analysis::NewStub(channel);
  grpc::ClientContext context;
  const auto reader = stub->Subscribe(&context, {});
  v1::SubscribeResponse response;
  ASSERT_TRUE(reader->Read(&response));
  for (const char* method : {kSubscribe, "/atomstream.v1.Targeting/WatchTargets"}) {
    const CallOutcome outcome = CallMethod(channel, method);
    EXPECT_EQ(outcome.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(outcome.reason, kTooManyStreams);
    EXPECT_TRUE(outcome.has_retry_info);
  }
  EXPECT_TRUE(CallMethod(channel, kGetStatus).answered) << "is no stream";
  EXPECT_TRUE(CallMethod(daemon.Dial("olga"), kSubscribe).answered) << "is another client";
  context.TryCancel();
  while (reader->Read(&response)) {
  }
  reader->Finish();
  const absl::Time deadline = absl::Now() + kPatience;
  bool answered = false;
  while (!answered && absl::Now() < deadline) answered = CallMethod(channel, kSubscribe).answered;
  EXPECT_TRUE(answered);
}

TEST(SecurityTest, HealthIsForEverybodyAndReflectionForWhoHasARole) {
  SecureDaemon daemon(/*require_certificate=*/false);
  EXPECT_TRUE(CallMethod(daemon.Dial(""), kHealth).answered);
  EXPECT_EQ(CallMethod(daemon.Dial(""), kReflection).status.error_code(),
            StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(CallMethod(daemon.Dial("mallory"), kReflection).status.error_code(),
            StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(CallMethod(daemon.Dial("vera"), kReflection).answered);
  EXPECT_TRUE(CallMethod(daemon.Dial("", "vic.1"), kReflection).answered);
  // Neither ours nor in the table.
  EXPECT_EQ(
      CallMethod(daemon.Dial("adam"), "/grpc.channelz.v1.Channelz/GetServers").status.error_code(),
      StatusCode::PERMISSION_DENIED);
}

TEST(SecurityTest, ReflectionRefusesWrongAndExpiredTokens) {
  SecureDaemon daemon(/*require_certificate=*/true);
  for (const char* token : {"ada.2", "late.1"}) {
    EXPECT_EQ(CallMethod(daemon.Dial("adam", token), kReflection).status.error_code(),
              StatusCode::UNAUTHENTICATED)
        << token;
    EXPECT_TRUE(CallMethod(daemon.Dial("adam", token), kHealth).answered)
        << "health checks are not asked who they are";
  }
}

TEST(SecurityTest, AChangeIsOfWhoProvedToMakeIt) {
  HarnessOptions options;
  options.daemon.audit_log = absl::StrCat(testing::TempDir(), "security_audit_", getpid(), ".log");
  const std::string audit = options.daemon.audit_log;
  SecureDaemon daemon(/*require_certificate=*/true, std::move(options));
  const auto stub = v1::Steering::NewStub(daemon.Dial("olga"));
  v1::UpdateSettingsRequest request;
  request.mutable_log_star()->set_er_distance_fraction(0.85);
  request.mutable_update_mask()->add_paths("er_distance_fraction");
  request.set_requested_by("cert:adam");  // a lie
  grpc::ClientContext context;
  v1::UpdateSettingsResponse response;
  const grpc::Status status = stub->UpdateSettings(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(response.settings().changed_by(), StartsWith("cert:olga as cert:adam (ipv4:"));
  std::ifstream file(audit);
  std::stringstream lines;
  lines << file.rdbuf();
  EXPECT_THAT(lines.str(), HasSubstr("\tcert:olga as cert:adam (ipv4:"));
}

TEST(SecurityTest, ADaemonWithoutTlsDoesNotListenToOtherMachines) {
  DaemonOptions options;
  options.listen_address = "0.0.0.0:0";
  options.metrics_address = "";
  const SystemClock clock;
  const SteadyClock steady_clock;
  SilentLog log;
  DaemonParts parts;
  parts.make_log_star = FakeFactory();
  parts.clock = &clock;
  parts.steady_clock = &steady_clock;
  parts.log = &log;
  const auto daemon = Daemon::Start(options, std::move(parts));
  ASSERT_FALSE(daemon.ok());
  EXPECT_THAT(std::string(daemon.status().message()), StartsWith("listen_address = 0.0.0.0:0: "));
}

}  // namespace
}  // namespace atomstream
