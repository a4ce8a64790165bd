// SecureDaemon: a whole daemon behind TLS, with people and tokens that it knows, and calls of any
// method by its path.
#ifndef ATOMSTREAM_TESTS_INTEGRATION_SECURE_DAEMON_H_
#define ATOMSTREAM_TESTS_INTEGRATION_SECURE_DAEMON_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/cpp/channel_security.h"
#include "google/rpc/error_details.pb.h"
#include "tests/integration/daemon_harness.h"
#include "tests/server/security/lab_ca.h"

namespace atomstream {

// "vera" viewer, "olga" operator, "agnes" agent, "adam" admin.
inline constexpr const char* kPeople[] = {"vera", "olga", "agnes", "adam"};

class SecureDaemon {
 public:
  // `options.daemon.security` is completed: TLS, policy, tokens; a file says so, too, and nothing
  // else, for reloads. `require_certificate` as in the configuration.
  explicit SecureDaemon(bool require_certificate);
  SecureDaemon(bool require_certificate, HarnessOptions options,
               absl::Duration reload_interval = absl::Seconds(1));

  // Reads the configuration anew, as SIGHUP does, until it counts or is refused.
  absl::Status Reload();

  // A channel with a connection of its own. Empty: without a certificate, without a token.
  std::shared_ptr<grpc::Channel> Dial(const std::string& common_name,
                                      const std::string& token = "") const;
  std::shared_ptr<grpc::Channel> Dial(const ChannelSecurity& security) const;

  // The files of a certificate of our CA.
  ChannelSecurity Person(const std::string& common_name) const;

  // "/atomstream.v1.Analysis/Subscribe", …: every method of every service that the server says that
  // it has (reflection), so that no new one is forgotten: ours, and those that gRPC brings along.
  // Asked for once, by a caller of its own (token:ada), so that nobody's limits are touched.
  std::vector<std::string> Methods() { return MethodsOf(/*ours=*/true); }
  std::vector<std::string> ForeignMethods() { return MethodsOf(/*ours=*/false); }

  const LabCa& ca() const { return ca_; }
  DaemonHarness& harness() { return *harness_; }
  const TlsOptions& tls() const { return tls_; }
  // Of this daemon, in the folder of its files.
  std::string File(const std::string& name) const;

 private:
  std::vector<std::string> MethodsOf(bool ours);

  std::string folder_;
  LabCa ca_;
  TlsOptions tls_;
  std::unique_ptr<DaemonHarness> harness_;
  std::vector<std::string> services_;  // empty: not asked for yet
};

// Tokens that every SecureDaemon knows: "vic.1" viewer, "olaf.1" operator, "axel.1" agent, "ada.1"
// admin; "late.1" is admin and has expired.
struct CallOutcome {
  bool answered = false;  // a message came, and the call was cancelled then
  grpc::Status status;
  std::string reason;  // of the ErrorInfo; empty: none
  bool has_retry_info = false;
  double retry_delay_s = 0;
};

// A line of the token file.
std::string TokenLine(const std::string& token, const std::string& role, absl::Time expires);

// Calls `path`, unary or server streaming, with `request` as it stands. `token` besides what the
// channel has: sent as it is. `first_answer`: the bytes of the message that came.
CallOutcome CallMethod(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                       const std::string& request = "", const std::string& authorization = "",
                       std::string* first_answer = nullptr);

// Refused before the method was called: for who calls, how much or how often.
bool IsRefusal(const CallOutcome& outcome);

// A request that `path` answers at once, if only with an error: an empty one, but for a stream that
// would be silent.
std::string RequestThatEnds(const std::string& path);

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_INTEGRATION_SECURE_DAEMON_H_
