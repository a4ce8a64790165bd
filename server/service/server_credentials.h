// MakeServerCredentials: how the gRPC server encrypts, and which certificates it believes. Each
// connection is made with the newest certificates, so that renewed ones count without a restart.
#ifndef ATOMSTREAM_SERVER_SERVICE_SERVER_CREDENTIALS_H_
#define ATOMSTREAM_SERVER_SERVICE_SERVER_CREDENTIALS_H_

#include <functional>
#include <memory>
#include <optional>

#include "server/security/certificate_watch.h"
#include "server/security/security_options.h"
#include "server/service/call_guard.h"

namespace grpc {
class ServerCredentials;
}  // namespace grpc

namespace atomstream {

// Never null, never waits; any thread. The same pointer: nothing has changed.
using NewestCertificates = std::function<CertificatesPtr()>;

// No `tls`: in the clear, and `newest` is not asked. The server does not keep the credentials, but
// asks them until its end: they, `guard` and what `newest` uses outlive it.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const std::optional<TlsOptions>& tls,
                                                               NewestCertificates newest,
                                                               CallGuard* guard);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_SERVER_CREDENTIALS_H_
