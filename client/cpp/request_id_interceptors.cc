#include "client/cpp/request_id_interceptors.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>

#include "core/base/mutex.h"
#include "core/base/request_id.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/client_interceptor.h"
#include "grpcpp/support/status.h"

namespace atomstream {
namespace {

using grpc::experimental::InterceptionHookPoints;

// With the id, unless the daemon has said which one it is, or was never reached.
grpc::Status Named(const grpc::Status& status, const std::string& id) {
  if (status.ok() || status.error_code() == grpc::StatusCode::UNAVAILABLE) return status;
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) details.Clear();
  const bool named = std::any_of(
      details.details().begin(), details.details().end(),
      [](const google::protobuf::Any& detail) { return detail.Is<google::rpc::RequestInfo>(); });
  if (named) return status;
  details.set_code(status.error_code());
  details.set_message(status.error_message());
  google::rpc::RequestInfo info;
  info.set_request_id(id);
  details.add_details()->PackFrom(info);
  return grpc::Status(status.error_code(), status.error_message(), details.SerializeAsString());
}

class RequestIdInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit RequestIdInterceptor(std::string id) : id_(std::move(id)) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->emplace(kRequestIdKey, id_);
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_STATUS)) {
      grpc::Status* const status = methods->GetRecvStatus();
      *status = Named(*status, id_);
    }
    methods->Proceed();
  }

 private:
  const std::string id_;
};

// A short program takes one number: it must not be one of the 2^32 that a word gives.
uint64_t Seed() {
  std::random_device device;
  const uint64_t high = device();
  return high << 32 | device();
}

class RequestIdInterceptors final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit RequestIdInterceptors(const std::string& fixed) : fixed_(fixed), random_(Seed()) {}

  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new RequestIdInterceptor(fixed_.empty() ? NextId() : fixed_);
  }

 private:
  std::string NextId() {
    MutexLock lock(&mutex_);
    return MakeRequestId(random_());
  }

  const std::string fixed_;
  Mutex mutex_;
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> MakeRequestIdInterceptors(
    const std::string& fixed) {
  return std::make_unique<RequestIdInterceptors>(fixed);
}

}  // namespace atomstream
