// MakeServerCredentials: how the gRPC server encrypts, and which certificates it believes. The
// files are watched: renewed ones count for the next connection, without a restart.
#ifndef ATOMSTREAM_SERVER_SERVICE_SERVER_CREDENTIALS_H_
#define ATOMSTREAM_SERVER_SERVICE_SERVER_CREDENTIALS_H_

#include <memory>
#include <optional>

#include "server/security/security_options.h"
#include "server/service/call_guard.h"

namespace grpc {
class ServerCredentials;
}  // namespace grpc

namespace atomstream {

// No `tls`: in the clear. The files are those that CheckTlsFiles has found good. While they are not
// (a half-written one) nobody new gets in. `guard` outlives the server.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const std::optional<TlsOptions>& tls,
                                                               CallGuard* guard);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_SERVER_CREDENTIALS_H_
