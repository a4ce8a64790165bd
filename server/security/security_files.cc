#include "core/base/status_macros.h"
#include "server/security/credential_file.h"
#include "server/security/security_options.h"

namespace atomstream {

absl::StatusOr<Credentials> LoadCredentials(const SecurityOptions& options) {
  Credentials credentials;
  if (!options.policy_file.empty()) {
    ASSIGN_OR_RETURN(const std::string text,
                     ReadCredentialFile("security.policy_file", options.policy_file));
    ASSIGN_OR_RETURN(credentials.policy, RolePolicy::Parse(options.policy_file, text));
  }
  if (!options.token_file.empty()) {
    ASSIGN_OR_RETURN(const std::string text,
                     ReadCredentialFile("security.token_file", options.token_file));
    ASSIGN_OR_RETURN(credentials.tokens, TokenTable::Parse(options.token_file, text));
  }
  return credentials;
}

CertificateFiles FilesOf(const TlsOptions& tls) {
  return {.field = "security.tls",
          .certificate = tls.certificate,
          .key = tls.key,
          .ca_field = "client_ca",
          .ca = tls.client_ca};
}

}  // namespace atomstream
