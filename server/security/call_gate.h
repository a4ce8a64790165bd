// CallGate: decides for each call whether it may begin: who calls, whether that role may, and
// whether the client has not asked for too much. Knows nothing of gRPC: server/service/guarded_
// service asks it in front of every method.
//
// Modes. With `authenticate` off (no TLS) everybody is admin and a client is known by its address.
// On, a call needs a certificate with a role or a valid token; a token that is presented counts
// instead of the certificate, and a bad one is refused whatever the certificate says.
//
// Thread-safe; owned by the daemon, outlives the gRPC server. Credentials are replaced as a whole.
#ifndef ATOMSTREAM_SERVER_SECURITY_CALL_GATE_H_
#define ATOMSTREAM_SERVER_SECURITY_CALL_GATE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "server/security/client_limiter.h"
#include "server/security/role.h"
#include "server/security/role_policy.h"
#include "server/security/security_options.h"
#include "server/security/token_table.h"

namespace atomstream {

// The reasons; a caller may depend on them, so they never change. docs/api.md explains them.
inline constexpr absl::string_view kCredentialsMissing = "CREDENTIALS_MISSING";
inline constexpr absl::string_view kTokenInvalid = "TOKEN_INVALID";
inline constexpr absl::string_view kTokenExpired = "TOKEN_EXPIRED";
inline constexpr absl::string_view kRoleMissing = "ROLE_MISSING";
inline constexpr absl::string_view kRoleInsufficient = "ROLE_INSUFFICIENT";
inline constexpr absl::string_view kMethodUnknown = "METHOD_UNKNOWN";
inline constexpr absl::string_view kRequestTooLarge = "REQUEST_TOO_LARGE";
inline constexpr absl::string_view kRateLimited = "RATE_LIMITED";
inline constexpr absl::string_view kTooManyStreams = "TOO_MANY_STREAMS";

// What is known of a call before its request is parsed.
struct CallFacts {
  absl::string_view method;                    // "/package.Service/Method"
  std::optional<PeerCertificate> certificate;  // as the transport verified it
  std::vector<std::string> authorization;      // the values of that header, any bytes
  std::string address;                         // "ipv4:10.0.0.3:40112"
  int64_t request_bytes = 0;
  bool stream = false;
};

// Who calls.
struct Caller {
  std::string name;  // "cert:ana", "token:night-run"; empty: not authenticated
  Role role = Role::kAdmin;
  std::string client;  // what limits are kept by
};

struct CallRefusal {
  enum class Code { kUnauthenticated, kPermissionDenied, kResourceExhausted };
  Code code;
  absl::string_view reason;  // one of those above
  std::string message;
  absl::Duration retry_after = absl::InfiniteDuration();  // infinite: again is no use
};

class CallGate {
 public:
  // Both clocks outlive the gate.
  CallGate(const CallGateOptions& options, const Clock* clock, const Clock* steady_clock);

  // Takes effect with the next call; for streams that run see MayGoOn.
  void SetCredentials(std::shared_ptr<const Credentials> credentials);

  // Of the options: takes effect with the next call. What else they say stays.
  void SetLimits(const ClientLimits& limits) { clients_.SetLimits(limits); }

  // Null: `caller` is set, and a stream is counted until Leave.
  std::optional<CallRefusal> Admit(const CallFacts& facts, Caller* caller);
  // Once for each stream that was admitted.
  void Leave(const Caller& caller);
  // Null: whoever was admitted with these facts would be still, whatever the limits say. Otherwise
  // why not: the token expired, the policy or the tokens were read anew.
  std::optional<CallRefusal> MayGoOn(const CallFacts& facts) const;

  // For health checks, which need no role: how often is all that is asked. They are counted apart
  // from other calls, so that the two cannot use up each other's.
  std::optional<CallRefusal> AdmitHealthCheck(const CallFacts& facts);

  // Whether a caller has to say who it is.
  bool authenticates() const { return options_.authenticate; }

 private:
  std::optional<CallRefusal> Identify(const CallFacts& facts, Caller* caller) const;
  std::optional<CallRefusal> Judge(const CallFacts& facts, Caller* caller);

  const CallGateOptions options_;
  const Clock& clock_;
  ClientLimiter clients_;
  // Of calls that say not who they are, by address: a place apart, so that they cannot crowd out
  // what is remembered of clients.
  ClientLimiter strangers_;
  ClientLimiter health_checks_;

  mutable Mutex mutex_;
  std::shared_ptr<const Credentials> credentials_ ABSL_GUARDED_BY(mutex_);
};

// "10.0.0.3" of "ipv4:10.0.0.3:40112": the client without the port, which changes from call to
// call.
std::string HostOf(absl::string_view address);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_CALL_GATE_H_
