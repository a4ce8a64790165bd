#include "server/security/call_gate.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/security/method_rules.h"

namespace atomstream {
namespace {

using Code = CallRefusal::Code;

// Calls a second of one address that does not say who it is, and how many at once. Enough for
// people who set something up; little enough that guessing costs us nothing.
constexpr ClientLimits kStrangers = {.calls_per_second = 10, .burst = absl::Seconds(3)};
// Of one certificate, and of all who show none together: gRPC does not tell their addresses here.
constexpr ClientLimits kHealthChecks = {.calls_per_second = 50, .burst = absl::Seconds(4)};

// Of a certificate that has no (or more than one) common name: the first other one.
std::string NameOf(const PeerCertificate& certificate) {
  if (!certificate.common_name.empty()) return certificate.common_name;
  return certificate.alternative_names.empty() ? "" : certificate.alternative_names.front();
}

CallRefusal Slower(absl::Duration wait, absl::string_view who) {
  return {Code::kResourceExhausted, kRateLimited,
          absl::StrCat(who, ": too much was asked for; again in ",
                       absl::FormatDuration(absl::Ceil(wait, absl::Milliseconds(1)))),
          wait};
}

CallRefusal WrongRole(const MethodRule& rule, const Caller& caller) {
  return {Code::kPermissionDenied, kRoleInsufficient,
          absl::StrCat(rule.path, ": needs the role ", RoleNames(rule.roles), "; ", caller.name,
                       " is ", RoleName(caller.role))};
}

}  // namespace

CallGate::CallGate(const CallGateOptions& options, const Clock* clock, const Clock* steady_clock)
    : options_(options),
      clock_(*clock),
      clients_(options.limits, steady_clock),
      strangers_(kStrangers, steady_clock),
      health_checks_(kHealthChecks, steady_clock),
      credentials_(std::make_shared<const Credentials>()) {}

void CallGate::SetCredentials(std::shared_ptr<const Credentials> credentials) {
  MutexLock lock(&mutex_);
  credentials_ = std::move(credentials);
}

std::optional<CallRefusal> CallGate::Identify(const CallFacts& facts, Caller* caller) const {
  std::shared_ptr<const Credentials> credentials;
  {
    MutexLock lock(&mutex_);
    credentials = credentials_;
  }
  if (!facts.authorization.empty()) {
    absl::string_view token = facts.authorization.front();
    if (facts.authorization.size() > 1 || !absl::ConsumePrefix(&token, "Bearer ")) {
      return CallRefusal{Code::kUnauthenticated, kTokenInvalid,
                         "authorization: must be one \"Bearer TOKEN\""};
    }
    const TokenTable::Answer answer = credentials->tokens.Check(token, clock_.Now());
    switch (answer.verdict) {
      case TokenTable::Verdict::kUnknown:
        return CallRefusal{Code::kUnauthenticated, kTokenInvalid, "the token is not known"};
      case TokenTable::Verdict::kExpired:
        return CallRefusal{Code::kUnauthenticated, kTokenExpired,
                           absl::StrCat("the token ", answer.token->name, " expired at ",
                                        absl::FormatTime(absl::RFC3339_sec, answer.token->expires,
                                                         absl::UTCTimeZone()))};
      case TokenTable::Verdict::kValid:
        caller->name = absl::StrCat("token:", answer.token->name);
        caller->role = answer.token->role;
        return std::nullopt;
    }
  }
  if (!facts.certificate) {
    return CallRefusal{Code::kUnauthenticated, kCredentialsMissing,
                       "neither a client certificate nor a token came with the call"};
  }
  const std::string name = NameOf(*facts.certificate);
  const std::optional<Role> role = credentials->policy.RoleOf(*facts.certificate);
  if (!role) {
    return CallRefusal{Code::kPermissionDenied, kRoleMissing,
                       absl::StrCat("certificate of \"", name, "\": the policy gives it no role")};
  }
  caller->name = absl::StrCat("cert:", name);
  caller->role = *role;
  return std::nullopt;
}

std::optional<CallRefusal> CallGate::Judge(const CallFacts& facts, Caller* caller) {
  const MethodRule* rule = FindMethodRule(facts.method);
  // First of all, so that calls that are refused are counted, too.
  const absl::Duration wait =
      clients_.Charge(caller->client, {.calls = 1,
                                       .bytes = static_cast<double>(facts.request_bytes),
                                       .frames = rule == nullptr ? 0.0 : rule->frames});
  if (wait > absl::ZeroDuration()) return Slower(wait, caller->client);
  if (rule == nullptr) {
    return CallRefusal{Code::kPermissionDenied, kMethodUnknown,
                       absl::StrCat(facts.method, ": no role may call it")};
  }
  if (!rule->roles.Has(caller->role)) return WrongRole(*rule, *caller);
  if (rule->max_request_bytes > 0 && facts.request_bytes > rule->max_request_bytes) {
    return CallRefusal{Code::kResourceExhausted, kRequestTooLarge,
                       absl::StrCat("request of ", facts.request_bytes, " bytes: ", facts.method,
                                    " takes at most ", rule->max_request_bytes)};
  }
  if (facts.stream && !clients_.OpenStream(caller->client)) {
    return CallRefusal{Code::kResourceExhausted, kTooManyStreams,
                       absl::StrCat(caller->client, ": has ", clients_.max_streams(),
                                    " streams, which is all that one client may have"),
                       absl::Seconds(1)};
  }
  return std::nullopt;
}

std::optional<CallRefusal> CallGate::Admit(const CallFacts& facts, Caller* caller) {
  *caller = Caller();
  if (options_.authenticate) {
    std::optional<CallRefusal> refusal = Identify(facts, caller);
    if (refusal) {
      const std::string host = HostOf(facts.address);
      const absl::Duration wait = strangers_.Charge(host, {});
      return wait > absl::ZeroDuration() ? Slower(wait, host) : *std::move(refusal);
    }
  }
  caller->client = caller->name.empty() ? HostOf(facts.address) : caller->name;
  return Judge(facts, caller);
}

void CallGate::Leave(const Caller& caller) { clients_.CloseStream(caller.client); }

std::optional<CallRefusal> CallGate::MayGoOn(const CallFacts& facts) const {
  if (!options_.authenticate) return std::nullopt;
  Caller now;
  std::optional<CallRefusal> refusal = Identify(facts, &now);
  if (refusal) return refusal;
  const MethodRule* rule = FindMethodRule(facts.method);
  if (rule == nullptr || !rule->roles.Has(now.role)) {
    return rule == nullptr ? CallRefusal{Code::kPermissionDenied, kMethodUnknown,
                                         absl::StrCat(facts.method, ": no role may call it")}
                           : WrongRole(*rule, now);
  }
  return std::nullopt;
}

std::optional<CallRefusal> CallGate::AdmitHealthCheck(const CallFacts& facts) {
  const std::string who =
      facts.certificate ? absl::StrCat("cert:", NameOf(*facts.certificate)) : "";
  const absl::Duration wait = health_checks_.Charge(who, {});
  if (wait > absl::ZeroDuration()) return Slower(wait, who.empty() ? "health checks" : who);
  return std::nullopt;
}

std::string HostOf(absl::string_view address) {
  if (absl::StartsWith(address, "unix:")) return "unix";
  if (!absl::ConsumePrefix(&address, "ipv4:")) absl::ConsumePrefix(&address, "ipv6:");
  return std::string(address.substr(0, address.rfind(':')));
}

}  // namespace atomstream
