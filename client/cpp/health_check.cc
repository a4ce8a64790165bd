#include "client/cpp/health_check.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cpp/rpc_status.h"

namespace atomstream {
namespace {

constexpr char kMethod[] = "/grpc.health.v1.Health/Check";
constexpr uint64_t kServing = 1;
// Field 1 as a string, and as a number.
constexpr uint32_t kServiceTag = 0x0a;
constexpr uint32_t kStatusTag = 0x08;

// Debian has the messages of gRPC's health compiled in, but not their header: they are one field
// each, and written here.
grpc::ByteBuffer MakeRequest(const std::string& service) {
  std::string request;
  google::protobuf::io::StringOutputStream stream(&request);
  {
    google::protobuf::io::CodedOutputStream out(&stream);
    out.WriteTag(kServiceTag);
    out.WriteVarint32(static_cast<uint32_t>(service.size()));
    out.WriteString(service);
  }
  const grpc::Slice slice(request);
  return grpc::ByteBuffer(&slice, 1);
}

absl::StatusOr<bool> ReadResponse(const grpc::ByteBuffer& response) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!response.Dump(&slices).ok()) return absl::InternalError("cannot read the health response");
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                                            static_cast<int>(bytes.size()));
  uint64_t status = 0;
  if (in.ReadTag() == kStatusTag && !in.ReadVarint64(&status)) {
    return absl::InternalError("cannot read the health response");
  }
  return status == kServing;
}

}  // namespace

absl::StatusOr<bool> CheckHealth(const std::shared_ptr<grpc::Channel>& channel,
                                 const std::string& service, absl::Duration timeout) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  grpc::CompletionQueue queue;
  const grpc::ByteBuffer request = MakeRequest(service);
  const auto call = stub.PrepareUnaryCall(&context, kMethod, request, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
    return absl::NotFoundError(absl::StrCat("the server shows no health of ", service));
  }
  if (!status.ok()) return FromGrpcStatus(status);
  return ReadResponse(response);
}

}  // namespace atomstream
