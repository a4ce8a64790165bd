// GrpcServerStream: a ServerStream over gRPC, as all clients make it. Threads as ServerStream says.
//
// One operation is under way at a time, on a completion queue of the stream's own: a blocking read
// could not be left after a while without giving up the stream. Whoever waits in NextWithin does
// the stream's work; there is no further thread.
#ifndef ATOMSTREAM_CLIENT_CPP_GRPC_SERVER_STREAM_H_
#define ATOMSTREAM_CLIENT_CPP_GRPC_SERVER_STREAM_H_

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "client/cpp/rpc_status.h"
#include "client/cpp/server_stream.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/support/async_stream.h"

namespace atomstream {

template <typename Stub, typename Request, typename Response>
class GrpcServerStream final : public ServerStream<Response> {
 public:
  // A stub's PrepareAsync… method.
  using Prepare = std::unique_ptr<grpc::ClientAsyncReader<Response>> (Stub::*)(
      grpc::ClientContext*, const Request&, grpc::CompletionQueue*);

  // Never fails here, NextWithin tells; at once if there is no connection.
  GrpcServerStream(std::shared_ptr<Stub> stub, Prepare prepare, const Request& request)
      : stub_(std::move(stub)), reader_(((*stub_).*prepare)(&context_, request, &queue_)) {
    reader_->StartCall(nullptr);
  }

  ~GrpcServerStream() override {
    context_.TryCancel();  // ends what is under way soon
    while (!end_) {
      if (under_way_ == Operation::kNone) Finish();
      Advance(absl::InfiniteFuture());
    }
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  absl::StatusOr<std::optional<Response>> NextWithin(absl::Duration timeout) override {
    const absl::Time deadline = absl::Now() + timeout;
    if (!end_ && under_way_ == Operation::kNone) Read();
    while (!end_) {
      if (!Advance(deadline)) return std::optional<Response>();
      if (under_way_ == Operation::kNone && !end_) return std::optional(std::move(message_));
    }
    return *end_;
  }

  void Cancel() override {
    cancelled_ = true;
    context_.TryCancel();
  }

 private:
  enum class Operation { kStart, kRead, kFinish, kNone };

  void Read() {
    under_way_ = Operation::kRead;
    message_.Clear();
    reader_->Read(&message_, nullptr);
  }

  void Finish() {
    under_way_ = Operation::kFinish;
    reader_->Finish(&status_, nullptr);
  }

  // Waits for the operation that is under way and begins the next; none follows a message or the
  // end. False: it goes on still at the deadline.
  bool Advance(absl::Time deadline) {
    void* tag = nullptr;
    bool ok = false;
    if (queue_.AsyncNext(&tag, &ok, absl::ToChronoTime(deadline)) !=
        grpc::CompletionQueue::GOT_EVENT) {
      return false;
    }
    const Operation done = std::exchange(under_way_, Operation::kNone);
    if (done == Operation::kFinish) {
      end_ = End();
    } else if (!ok) {
      Finish();
    } else if (done == Operation::kStart) {
      Read();
    }
    return true;
  }

  absl::Status End() const {
    const absl::Status status = FromGrpcStatus(status_);
    // A server that shuts down may end a call well or cancel it; only a Cancel of ours is
    // CANCELLED.
    if (status.ok() || (absl::IsCancelled(status) && !cancelled_)) {
      return absl::UnavailableError("the daemon ended the stream");
    }
    return status;
  }

  const std::shared_ptr<Stub> stub_;
  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientAsyncReader<Response>> reader_;
  std::atomic<bool> cancelled_ = false;
  // The rest belongs to the thread that calls NextWithin.
  Operation under_way_ = Operation::kStart;
  Response message_;
  grpc::Status status_;
  std::optional<absl::Status> end_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_GRPC_SERVER_STREAM_H_
