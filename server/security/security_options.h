// SecurityOptions: the configuration's security block after validation, and Credentials: what its
// files say. Plain data.
#ifndef ATOMSTREAM_SERVER_SECURITY_SECURITY_OPTIONS_H_
#define ATOMSTREAM_SERVER_SECURITY_SECURITY_OPTIONS_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "server/security/certificate_files.h"
#include "server/security/client_limiter.h"
#include "server/security/role_policy.h"
#include "server/security/token_table.h"

namespace atomstream {

// PEM files.
struct TlsOptions {
  std::string certificate;  // of the server, with what leads to the CA
  std::string key;
  std::string client_ca;  // who signs clients' certificates; empty: clients have none
  bool require_client_certificate = true;
  absl::Duration reload_interval = absl::Seconds(10);  // how often the files are looked at
};

struct CallGateOptions {
  bool authenticate = false;  // else everybody is admin
  ClientLimits limits = {};
};

struct SecurityOptions {
  std::optional<TlsOptions> tls = {};  // none: in the clear, everybody is admin
  std::string policy_file;             // empty: no certificate has a role
  std::string token_file;              // empty: there are no tokens
  ClientLimits limits = {};
  bool insecure_remote = false;  // other than loopback may be listened on without TLS

  CallGateOptions gate() const { return {.authenticate = tls.has_value(), .limits = limits}; }
};

struct Credentials {
  RolePolicy policy;
  TokenTable tokens;
};

// Reads policy_file and token_file. InvalidArgument names the field, or the file and the line.
absl::StatusOr<Credentials> LoadCredentials(const SecurityOptions& options);

// Of the server, as ReadCertificates needs them.
CertificateFiles FilesOf(const TlsOptions& tls);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_SECURITY_OPTIONS_H_
