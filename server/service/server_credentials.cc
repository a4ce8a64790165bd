#include "server/service/server_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/grpc_security_constants.h>
#include <grpcpp/impl/grpc_library.h>
#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/security/server_credentials.h>

#include <string>
#include <utility>

#include "core/base/mutex.h"
#include "server/service/auth_processor.h"

namespace atomstream {
namespace {

grpc_ssl_client_certificate_request_type ClientCertificates(const TlsOptions& tls) {
  if (tls.client_ca.empty()) return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  return tls.require_client_certificate ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                        : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
}

// The C++ layer of gRPC 1.51 has credentials with a certificate that never changes, and some that
// read the files themselves, take whatever is in them and let nobody in while that is broken. Core
// has what is needed: it asks for the certificates before each handshake.
class RenewedCredentials final : public grpc::ServerCredentials {
 public:
  RenewedCredentials(grpc_ssl_client_certificate_request_type clients, NewestCertificates newest)
      : newest_(std::move(newest)),
        core_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(clients, &Fetch,
                                                                            this))) {}
  ~RenewedCredentials() override { grpc_server_credentials_release(core_); }

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& processor) override {
    grpc_server_credentials_set_auth_metadata_processor(core_, ToCoreProcessor(processor));
  }

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), core_);
  }

  // By gRPC's threads, before each handshake. The server has one port, so that what was given once
  // need not be given again.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<RenewedCredentials*>(self)->Fetch(config);
  }
  grpc_ssl_certificate_config_reload_status Fetch(grpc_ssl_server_certificate_config** config) {
    CertificatesPtr newest = newest_();
    MutexLock lock(&mutex_);
    if (newest == given_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair = {newest->key.c_str(), newest->certificate.c_str()};
    *config = grpc_ssl_server_certificate_config_create(
        newest->ca.empty() ? nullptr : newest->ca.c_str(), &pair, 1);
    given_ = std::move(newest);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const NewestCertificates newest_;
  grpc_server_credentials* const core_;
  Mutex mutex_;
  CertificatesPtr given_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const std::optional<TlsOptions>& tls,
                                                               NewestCertificates newest,
                                                               CallGuard* guard) {
  if (!tls) return grpc::InsecureServerCredentials();
  auto credentials =
      std::make_shared<RenewedCredentials>(ClientCertificates(*tls), std::move(newest));
  credentials->SetAuthMetadataProcessor(guard->GuardOfForeignMethods());
  return credentials;
}

}  // namespace atomstream
