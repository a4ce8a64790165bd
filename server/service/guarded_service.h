// GuardedService: the service that CallGuard::Guard gives. For call_guard.cc alone.
#ifndef ATOMSTREAM_SERVER_SERVICE_GUARDED_SERVICE_H_
#define ATOMSTREAM_SERVER_SERVICE_GUARDED_SERVICE_H_

#include <google/protobuf/descriptor.h>
#include <grpcpp/impl/service_type.h>

#include <deque>
#include <string>

#include "server/service/call_guard.h"

namespace atomstream {

// Life of a call: gRPC hands over the bytes of the request (Deserialize, which keeps them), then
// the call (RunHandler). A refused call is finished with the refusal, and its bytes are never
// parsed; otherwise the inner handler gets both, as if gRPC had called it. Bytes that are no
// request are refused here, too: gRPC's own handler would call that an unknown method.
class GuardedService final : public grpc::Service {
 public:
  // `inner` and `guard` outlive it. `descriptor` is that of `inner`.
  GuardedService(const google::protobuf::ServiceDescriptor& descriptor, grpc::Service* inner,
                 CallGuard* guard);

 private:
  std::deque<std::string> paths_;  // of the methods; gRPC keeps pointers to them
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_GUARDED_SERVICE_H_
