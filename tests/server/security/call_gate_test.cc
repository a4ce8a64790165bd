#include "server/security/call_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/security/method_rules.h"
#include "server/security/secret_hash.h"
#include "tests/fakes/fake_clock.h"

namespace atomstream {
namespace {

using Code = CallRefusal::Code;

constexpr char kSalt[] = "00112233445566778899aabbccddeeff";
constexpr char kStatus[] = "/atomstream.v1.Analysis/GetStatus";
constexpr char kSubscribe[] = "/atomstream.v1.Analysis/Subscribe";

std::shared_ptr<const Credentials> TestCredentials() {
  Credentials credentials;
  credentials.policy =
      *RolePolicy::Parse("p", "cn=vera viewer\ncn=olga operator\ncn=agnes agent\ncn=adam admin\n");
  std::string tokens;
  for (const char* token : {"vic.1 viewer", "olaf.1 operator", "axel.1 agent", "ada.1 admin"}) {
    const absl::string_view words(token);
    const absl::string_view secret = words.substr(0, words.find(' '));
    absl::StrAppend(&tokens, secret.substr(0, secret.find('.')), words.substr(words.find(' ')),
                    " 2024-01-01T00:00:00Z ", kSalt, " ",
                    absl::BytesToHexString(SecretHash(kSalt, secret)), "\n");
  }
  credentials.tokens = *TokenTable::Parse("t", tokens);
  return std::make_shared<const Credentials>(std::move(credentials));
}

class CallGateTest : public testing::Test {
 protected:
  std::unique_ptr<CallGate> MakeGate(const ClientLimits& limits = {}) {
    auto gate = std::make_unique<CallGate>(CallGateOptions{.authenticate = true, .limits = limits},
                                           &clock_, &steady_clock_);
    gate->SetCredentials(TestCredentials());
    return gate;
  }

  static CallFacts FactsOf(absl::string_view method, const std::string& common_name) {
    CallFacts facts;
    facts.method = method;
    facts.address = "ipv4:10.0.0.3:40112";
    if (!common_name.empty()) facts.certificate = PeerCertificate{.common_name = common_name};
    return facts;
  }
  static CallFacts WithToken(absl::string_view method, const std::string& token) {
    CallFacts facts = FactsOf(method, "");
    facts.authorization = {"Bearer " + token};
    return facts;
  }

  FakeClock clock_;  // begins in November 2023
  FakeClock steady_clock_;
  Caller caller_;
};

TEST_F(CallGateTest, EveryMethodIsForItsRolesAndNoOthers) {
  const auto gate = MakeGate();
  const std::pair<const char*, Role> people[] = {{"vera", Role::kViewer},
                                                 {"olga", Role::kOperator},
                                                 {"agnes", Role::kAgent},
                                                 {"adam", Role::kAdmin}};
  for (const MethodRule& rule : MethodRules()) {
    for (const auto& [name, role] : people) {
      const auto refusal = gate->Admit(FactsOf(rule.path, name), &caller_);
      EXPECT_EQ(!refusal, rule.roles.Has(role)) << rule.path << " " << name;
      if (refusal) {
        EXPECT_EQ(refusal->code, Code::kPermissionDenied);
        EXPECT_EQ(refusal->reason, kRoleInsufficient);
      }
    }
  }
}

TEST_F(CallGateTest, SaysWhoCalls) {
  const auto gate = MakeGate();
  EXPECT_FALSE(gate->Admit(FactsOf(kStatus, "olga"), &caller_));
  EXPECT_EQ(caller_.name, "cert:olga");
  EXPECT_EQ(caller_.role, Role::kOperator);
  EXPECT_FALSE(gate->Admit(WithToken(kStatus, "axel.1"), &caller_));
  EXPECT_EQ(caller_.name, "token:axel");
  EXPECT_EQ(caller_.role, Role::kAgent);
}

TEST_F(CallGateTest, NamesACertificateWithoutACommonNameByItsFirstOther) {
  CallGate gate({.authenticate = true}, &clock_, &steady_clock_);
  Credentials credentials;
  credentials.policy = *RolePolicy::Parse("p", "san=b.lab viewer\n");
  gate.SetCredentials(std::make_shared<const Credentials>(std::move(credentials)));
  CallFacts facts = FactsOf(kStatus, "");
  facts.certificate = PeerCertificate{.alternative_names = {"a.lab", "b.lab"}};
  EXPECT_FALSE(gate.Admit(facts, &caller_));
  EXPECT_EQ(caller_.name, "cert:a.lab");
}

TEST_F(CallGateTest, RefusesWhoShowsNothing) {
  const auto refusal = MakeGate()->Admit(FactsOf(kStatus, ""), &caller_);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, Code::kUnauthenticated);
  EXPECT_EQ(refusal->reason, kCredentialsMissing);
}

TEST_F(CallGateTest, RefusesACertificateWithoutARole) {
  const auto refusal = MakeGate()->Admit(FactsOf(kStatus, "mallory"), &caller_);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, Code::kPermissionDenied);
  EXPECT_EQ(refusal->reason, kRoleMissing);
}

TEST_F(CallGateTest, RefusesWrongAndExpiredTokens) {
  const auto gate = MakeGate();
  auto refusal = gate->Admit(WithToken(kStatus, "axel.2"), &caller_);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, Code::kUnauthenticated);
  EXPECT_EQ(refusal->reason, kTokenInvalid);
  clock_.Advance(absl::Hours(24 * 60));
  refusal = gate->Admit(WithToken(kStatus, "axel.1"), &caller_);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, Code::kUnauthenticated);
  EXPECT_EQ(refusal->reason, kTokenExpired);
}

TEST_F(CallGateTest, ABadTokenIsRefusedWhateverTheCertificate) {
  const auto gate = MakeGate();
  for (const std::vector<std::string>& header : {std::vector<std::string>{"Bearer axel.2"},
                                                 {"axel.1"},
                                                 {"bearer axel.1"},
                                                 {""},
                                                 {"Bearer axel.1", "Bearer axel.1"}}) {
    CallFacts facts = FactsOf(kStatus, "adam");
    facts.authorization = header;
    const auto refusal = gate->Admit(facts, &caller_);
    ASSERT_TRUE(refusal) << header.front();
    EXPECT_EQ(refusal->reason, kTokenInvalid);
  }
}

TEST_F(CallGateTest, ATokenCountsInsteadOfTheCertificate) {
  const auto gate = MakeGate();
  CallFacts facts = WithToken("/atomstream.v1.Steering/UpdateSettings", "vic.1");
  facts.certificate = PeerCertificate{.common_name = "adam"};
  EXPECT_EQ(gate->Admit(facts, &caller_)->reason, kRoleInsufficient);
}

TEST_F(CallGateTest, AMethodOutsideTheTableIsForNobody) {
  const auto refusal = MakeGate()->Admit(FactsOf("/atomstream.v1.Analysis/New", "adam"), &caller_);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, Code::kPermissionDenied);
  EXPECT_EQ(refusal->reason, kMethodUnknown);
}

TEST_F(CallGateTest, TheTableHoldsAlsoWhereNobodyIsAuthenticated) {
  CallGate gate({}, &clock_, &steady_clock_);
  EXPECT_FALSE(gate.Admit(FactsOf(kStatus, ""), &caller_));
  EXPECT_EQ(caller_.name, "");
  EXPECT_EQ(caller_.role, Role::kAdmin);
  EXPECT_EQ(caller_.client, "10.0.0.3");
  EXPECT_EQ(gate.Admit(FactsOf("/atomstream.v1.Analysis/New", ""), &caller_)->reason,
            kMethodUnknown);
}

TEST_F(CallGateTest, RequestsAreAsLargeAsTheMethodNeeds) {
  const auto gate = MakeGate();
  for (const MethodRule& rule : MethodRules()) {
    CallFacts facts = FactsOf(rule.path, "adam");
    facts.request_bytes = rule.max_request_bytes;
    EXPECT_FALSE(gate->Admit(facts, &caller_)) << rule.path;
    facts.request_bytes = int64_t{64} << 20;
    const auto refusal = gate->Admit(facts, &caller_);
    ASSERT_EQ(refusal.has_value(), rule.max_request_bytes > 0) << rule.path;
    if (refusal) {
      EXPECT_EQ(refusal->code, Code::kResourceExhausted);
      EXPECT_EQ(refusal->reason, kRequestTooLarge);
      EXPECT_EQ(refusal->retry_after, absl::InfiniteDuration());
    }
  }
}

TEST_F(CallGateTest, SaysWhenAClientMayCallAgain) {
  const auto gate = MakeGate({.calls_per_second = 2, .burst = absl::Seconds(1)});
  EXPECT_FALSE(gate->Admit(FactsOf(kStatus, "olga"), &caller_));
  // A call that is refused for its role is counted, too.
  EXPECT_EQ(gate->Admit(FactsOf("/atomstream.v1.Targeting/VisitTarget", "olga"), &caller_)->reason,
            kRoleInsufficient);
  const auto refusal = gate->Admit(FactsOf(kStatus, "olga"), &caller_);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, Code::kResourceExhausted);
  EXPECT_EQ(refusal->reason, kRateLimited);
  EXPECT_EQ(refusal->retry_after, absl::Milliseconds(500));
  EXPECT_FALSE(gate->Admit(FactsOf(kStatus, "vera"), &caller_));
  steady_clock_.Advance(refusal->retry_after);
  EXPECT_FALSE(gate->Admit(FactsOf(kStatus, "olga"), &caller_));
}

TEST_F(CallGateTest, FramesAndBytesHaveRatesOfTheirOwn) {
  const auto gate =
      MakeGate({.bytes_per_second = 1000, .frames_per_second = 1, .burst = absl::Seconds(1)});
  CallFacts frame = FactsOf("/atomstream.v1.Analysis/AnalyzeFrame", "olga");
  EXPECT_FALSE(gate->Admit(frame, &caller_));
  EXPECT_EQ(gate->Admit(frame, &caller_)->reason, kRateLimited);
  CallFacts large = FactsOf(kStatus, "olga");
  large.request_bytes = 800;
  EXPECT_FALSE(gate->Admit(large, &caller_));
  EXPECT_EQ(gate->Admit(large, &caller_)->reason, kRateLimited);
}

TEST_F(CallGateTest, WhoIsRefusedWithoutANameIsCountedByAddress) {
  const auto gate = MakeGate();
  int refused_for_rate = 0;
  for (int i = 0; i < 100; ++i) {
    const auto refusal = gate->Admit(WithToken(kStatus, absl::StrCat("axel.guess", i)), &caller_);
    ASSERT_TRUE(refusal);
    if (refusal->reason == kRateLimited) ++refused_for_rate;
  }
  EXPECT_EQ(refused_for_rate, 70);  // 10 a second, three seconds' worth at once
  // Who says truly who they are is served, from the same address, too.
  EXPECT_FALSE(gate->Admit(WithToken(kStatus, "axel.1"), &caller_));
}

TEST_F(CallGateTest, StreamsAreCountedUntilTheyEnd) {
  const auto gate = MakeGate({.max_streams = 1});
  CallFacts facts = FactsOf(kSubscribe, "vera");
  facts.stream = true;
  Caller first;
  EXPECT_FALSE(gate->Admit(facts, &first));
  const auto refusal = gate->Admit(facts, &caller_);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, Code::kResourceExhausted);
  EXPECT_EQ(refusal->reason, kTooManyStreams);
  EXPECT_THAT(refusal->message, testing::HasSubstr("has 1 streams"));
  EXPECT_LT(refusal->retry_after, absl::InfiniteDuration());
  EXPECT_FALSE(gate->Admit(FactsOf(kStatus, "vera"), &caller_));
  gate->SetLimits({.max_streams = 2});
  Caller second;
  EXPECT_FALSE(gate->Admit(facts, &second));
  EXPECT_THAT(gate->Admit(facts, &caller_)->message, testing::HasSubstr("has 2 streams"));
  gate->Leave(second);
  gate->Leave(first);
  EXPECT_FALSE(gate->Admit(facts, &caller_));
}

TEST_F(CallGateTest, NewCredentialsCountFromTheNextCallOn) {
  const auto gate = MakeGate();
  EXPECT_FALSE(gate->Admit(FactsOf(kStatus, "vera"), &caller_));
  gate->SetCredentials(std::make_shared<const Credentials>());
  EXPECT_EQ(gate->Admit(FactsOf(kStatus, "vera"), &caller_)->reason, kRoleMissing);
  EXPECT_EQ(gate->Admit(WithToken(kStatus, "axel.1"), &caller_)->reason, kTokenInvalid);
}

TEST_F(CallGateTest, CredentialsMayBeReplacedWhileCallsAreJudged) {
  const auto gate = MakeGate();
  std::thread replacing([&] {
    for (int i = 0; i < 200; ++i) gate->SetCredentials(TestCredentials());
  });
  int refused = 0;
  for (int i = 0; i < 200; ++i) {
    Caller caller;
    if (gate->Admit(WithToken(kStatus, "axel.1"), &caller)) ++refused;
  }
  replacing.join();
  EXPECT_EQ(refused, 0);
}

TEST(CallerTest, TheHostIsTheAddressWithoutItsPort) {
  EXPECT_EQ(HostOf("ipv4:10.0.0.3:40112"), "10.0.0.3");
  EXPECT_EQ(HostOf("ipv6:%5B::1%5D:40112"), "%5B::1%5D");
  EXPECT_EQ(HostOf("unix:/run/x.sock"), "unix");
  EXPECT_EQ(HostOf(""), "");
}

TEST_F(CallGateTest, WhoWasAdmittedMayGoOnWhileNothingChanges) {
  const auto gate = MakeGate({.calls_per_second = 1, .burst = absl::Seconds(1)});
  for (const CallFacts& facts : {FactsOf(kSubscribe, "vera"), WithToken(kSubscribe, "vic.1")}) {
    ASSERT_FALSE(gate->Admit(facts, &caller_));
    // Limits are for calls that begin.
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(gate->MayGoOn(facts));
  }
}

TEST_F(CallGateTest, WhoLostTheRoleMayNotGoOn) {
  const auto gate = MakeGate();
  const CallFacts facts = FactsOf(kSubscribe, "vera");
  ASSERT_FALSE(gate->Admit(facts, &caller_));
  Credentials credentials;
  credentials.policy = *RolePolicy::Parse("p", "cn=olga operator\n");
  gate->SetCredentials(std::make_shared<const Credentials>(std::move(credentials)));
  const auto refusal = gate->MayGoOn(facts);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, Code::kPermissionDenied);
  EXPECT_EQ(refusal->reason, kRoleMissing);
}

TEST_F(CallGateTest, WhoHasAnotherRoleNowMayGoOnOnlyWithWhatThatMay) {
  const auto gate = MakeGate();
  Credentials credentials;
  credentials.policy = *RolePolicy::Parse("p", "cn=agnes viewer\n");
  gate->SetCredentials(std::make_shared<const Credentials>(std::move(credentials)));
  EXPECT_FALSE(gate->MayGoOn(FactsOf(kSubscribe, "agnes")));
  const auto refusal = gate->MayGoOn(FactsOf("/atomstream.v1.Targeting/VisitTarget", "agnes"));
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason, kRoleInsufficient);
}

TEST_F(CallGateTest, ATokenThatExpiredOrWasTakenAwayDoesNotGoOn) {
  const auto gate = MakeGate();
  const CallFacts facts = WithToken(kSubscribe, "vic.1");
  ASSERT_FALSE(gate->Admit(facts, &caller_));
  clock_.Advance(absl::Hours(24 * 365));
  auto refusal = gate->MayGoOn(facts);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, Code::kUnauthenticated);
  EXPECT_EQ(refusal->reason, kTokenExpired);
  gate->SetCredentials(std::make_shared<const Credentials>());
  refusal = gate->MayGoOn(facts);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason, kTokenInvalid);
}

TEST_F(CallGateTest, WithoutAuthenticationEverybodyMayGoOn) {
  CallGate gate({}, &clock_, &steady_clock_);
  EXPECT_FALSE(gate.MayGoOn(FactsOf(kSubscribe, "")));
}

TEST_F(CallGateTest, HealthChecksNeedNoRoleButMayBeTooMany) {
  const auto gate = MakeGate();
  const char kCheck[] = "/grpc.health.v1.Health/Check";
  const auto passed = [&](const CallFacts& facts) {
    int count = 0;
    while (count < 10'000 && !gate->AdmitHealthCheck(facts)) ++count;
    return count;
  };
  EXPECT_EQ(passed(FactsOf(kCheck, "mallory")), 200);
  EXPECT_EQ(passed(FactsOf(kCheck, "")), 200) << "counted apart";
  EXPECT_EQ(passed(FactsOf(kCheck, "mallory")), 0);
  const auto refusal = gate->AdmitHealthCheck(FactsOf(kCheck, "mallory"));
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason, kRateLimited);
  EXPECT_LE(refusal->retry_after, absl::Milliseconds(20));
  EXPECT_FALSE(gate->Admit(FactsOf(kStatus, "vera"), &caller_)) << "other calls are not touched";
}

}  // namespace
}  // namespace atomstream
