#include "server/simulator/simulator_credentials.h"

#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "grpcpp/security/server_credentials.h"

namespace atomstream {
namespace {

absl::StatusOr<std::string> ReadFile(absl::string_view flag, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file || text.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, " = ", path, ": cannot be read, or is empty"));
  }
  return text;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeSimulatorCredentials(
    const SimulatorOptions& options) {
  if (options.tls_certificate.empty() && options.tls_key.empty() && options.client_ca.empty()) {
    return grpc::InsecureServerCredentials();
  }
  if (options.tls_certificate.empty() || options.tls_key.empty()) {
    return absl::InvalidArgumentError("tls_certificate and tls_key: must be set together");
  }
  grpc::SslServerCredentialsOptions ssl(
      options.client_ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  if (!options.client_ca.empty()) {
    ASSIGN_OR_RETURN(ssl.pem_root_certs, ReadFile("client_ca", options.client_ca));
  }
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  ASSIGN_OR_RETURN(pair.private_key, ReadFile("tls_key", options.tls_key));
  ASSIGN_OR_RETURN(pair.cert_chain, ReadFile("tls_certificate", options.tls_certificate));
  ssl.pem_key_cert_pairs.push_back(std::move(pair));
  return grpc::SslServerCredentials(ssl);
}

}  // namespace atomstream
