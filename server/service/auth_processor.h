// ToCoreProcessor: a grpc::AuthMetadataProcessor in the form that gRPC's core takes: the C++ layer
// does this for credentials that it makes itself only.
#ifndef ATOMSTREAM_SERVER_SERVICE_AUTH_PROCESSOR_H_
#define ATOMSTREAM_SERVER_SERVICE_AUTH_PROCESSOR_H_

#include <grpc/grpc_security.h>
#include <grpcpp/security/auth_metadata_processor.h>

#include <memory>

namespace atomstream {

// Core calls `destroy` of it at the end. `processor` does not block, takes no metadata out, and
// asks the context for nothing but properties by name.
grpc_auth_metadata_processor ToCoreProcessor(
    std::shared_ptr<grpc::AuthMetadataProcessor> processor);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_AUTH_PROCESSOR_H_
