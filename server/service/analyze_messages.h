// AnalyzeMessages: request and response of an AnalyzeFrame call, with a request that can be freed
// before the call ends. A request holds up to 64 MiB of pixels, and a call may wait long for its
// turn after they were decoded.
//
// Owned by the service, outlives the gRPC server; gRPC calls it from any thread.
#ifndef ATOMSTREAM_SERVER_SERVICE_ANALYZE_MESSAGES_H_
#define ATOMSTREAM_SERVER_SERVICE_ANALYZE_MESSAGES_H_

#include <grpcpp/support/message_allocator.h>

#include <memory>

#include "atomstream/v1/analysis.pb.h"

namespace atomstream {

// Messages of a call that do not lie in the call's own memory: what gRPC's allocator state is, too,
// where an allocator of ours made it. For whoever ends a call before its handler runs.
class OwnMessages {
 public:
  virtual ~OwnMessages() = default;
  virtual void Discard() = 0;  // frees them
};

class AnalyzeMessages final
    : public grpc::MessageAllocator<v1::AnalyzeFrameRequest, v1::AnalyzeFrameResponse> {
 public:
  using Holder = grpc::MessageHolder<v1::AnalyzeFrameRequest, v1::AnalyzeFrameResponse>;

  Holder* AllocateMessages() override { return new OneCall; }

 private:
  class OneCall final : public Holder, public OwnMessages {
   public:
    OneCall() {
      set_request(request_.get());
      set_response(&response_);
    }
    void FreeRequest() override {
      request_.reset();
      set_request(nullptr);
    }
    void Release() override { delete this; }
    void Discard() override { delete this; }

   private:
    std::unique_ptr<v1::AnalyzeFrameRequest> request_ = std::make_unique<v1::AnalyzeFrameRequest>();
    v1::AnalyzeFrameResponse response_;
  };
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_ANALYZE_MESSAGES_H_
