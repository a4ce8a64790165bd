// SecureDaemon: a whole daemon behind TLS, with people and tokens that it knows, and calls of any
// method by its path.
#ifndef ATOMSTREAM_TESTS_INTEGRATION_SECURE_DAEMON_H_
#define ATOMSTREAM_TESTS_INTEGRATION_SECURE_DAEMON_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>
#include <vector>

#include "client/cpp/channel_security.h"
#include "google/rpc/error_details.pb.h"
#include "tests/integration/daemon_harness.h"
#include "tests/server/security/lab_ca.h"

namespace atomstream {

// "vera" viewer, "olga" operator, "agnes" agent, "adam" admin.
inline constexpr const char* kPeople[] = {"vera", "olga", "agnes", "adam"};

class SecureDaemon {
 public:
  // `options.daemon.security` is completed: TLS, policy, tokens. `require_certificate` as in the
  // configuration.
  explicit SecureDaemon(bool require_certificate, HarnessOptions options = {});

  // A channel with a connection of its own. Empty: without a certificate, without a token.
  std::shared_ptr<grpc::Channel> Dial(const std::string& common_name,
                                      const std::string& token = "") const;
  std::shared_ptr<grpc::Channel> Dial(const ChannelSecurity& security) const;

  // The files of a certificate of our CA.
  ChannelSecurity Person(const std::string& common_name) const;

  const LabCa& ca() const { return ca_; }
  DaemonHarness& harness() { return *harness_; }
  const TlsOptions& tls() const { return tls_; }
  // Of this daemon, in the folder of its files.
  std::string File(const std::string& name) const;

 private:
  std::string folder_;
  LabCa ca_;
  TlsOptions tls_;
  std::unique_ptr<DaemonHarness> harness_;
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

// Calls `path`, unary or server streaming, with `request` as it stands. `token` besides what the
// channel has: sent as it is.
CallOutcome CallMethod(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                       const std::string& request = "", const std::string& authorization = "");

// Refused before the method was called: for who calls, how much or how often.
bool IsRefusal(const CallOutcome& outcome);

// A request that `path` answers at once, if only with an error: an empty one, but for a stream that
// would be silent.
std::string RequestThatEnds(const std::string& path);

// "/atomstream.v1.Analysis/Subscribe", …: from the descriptors of the services of the daemon.
std::vector<std::string> MethodsOfTheDaemon();

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_INTEGRATION_SECURE_DAEMON_H_
