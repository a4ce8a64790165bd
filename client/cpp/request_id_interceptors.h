// Gives every call of a channel a request id, which the daemon writes into its log, and every error
// that comes of a call the id that it is to be found by there (google.rpc.RequestInfo), also where
// the daemon had no say any more: a deadline that passed, a call that was cancelled.
//
// For MakeChannel alone. Any thread.
#ifndef ATOMSTREAM_CLIENT_CPP_REQUEST_ID_INTERCEPTORS_H_
#define ATOMSTREAM_CLIENT_CPP_REQUEST_ID_INTERCEPTORS_H_

#include <memory>
#include <string>

namespace grpc {
namespace experimental {
class ClientInterceptorFactoryInterface;
}  // namespace experimental
}  // namespace grpc

namespace atomstream {

// `fixed`: of all calls; empty: each has one of its own.
std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> MakeRequestIdInterceptors(
    const std::string& fixed);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_REQUEST_ID_INTERCEPTORS_H_
