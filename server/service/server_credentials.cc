#include "server/service/server_credentials.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <algorithm>

namespace atomstream {
namespace {

grpc_ssl_client_certificate_request_type ClientCertificates(const TlsOptions& tls) {
  if (tls.client_ca.empty()) return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  return tls.require_client_certificate ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                        : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const std::optional<TlsOptions>& tls,
                                                               CallGuard* guard) {
  if (!tls) return grpc::InsecureServerCredentials();
  const auto interval_s =
      static_cast<unsigned>(std::max<int64_t>(1, absl::ToInt64Seconds(tls->reload_interval)));
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          tls->key, tls->certificate, tls->client_ca, interval_s));
  options.watch_identity_key_cert_pairs();
  if (!tls->client_ca.empty()) options.watch_root_certs();
  options.set_cert_request_type(ClientCertificates(*tls));
  std::shared_ptr<grpc::ServerCredentials> credentials =
      grpc::experimental::TlsServerCredentials(options);
  credentials->SetAuthMetadataProcessor(guard->GuardOfForeignMethods());
  return credentials;
}

}  // namespace atomstream
