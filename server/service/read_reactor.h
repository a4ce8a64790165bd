// ReadReactor: one unary call that is answered from the store by CallThreads, because reading may
// take long; the gRPC thread does not wait for it.
//
// Life: Start makes it; it owns itself until OnDone; a call that waits for a thread holds it
// besides. Exactly one of the answer and OnCancel finishes the call.
#ifndef ATOMSTREAM_SERVER_SERVICE_READ_REACTOR_H_
#define ATOMSTREAM_SERVER_SERVICE_READ_REACTOR_H_

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/service/call_threads.h"
#include "server/service/error.h"

namespace atomstream {

template <typename Response>
class ReadReactor final : public grpc::ServerUnaryReactor {
 public:
  using Read = std::function<absl::StatusOr<Response>()>;
  using Reason = absl::string_view (*)(const absl::Status& error);

  // `threads` outlives the gRPC server; `response` lives until OnDone. `read` must not need the
  // request, which a cancel may take away.
  static ReadReactor* Start(CallThreads* threads, Read read, Reason reason, Response* response) {
    std::shared_ptr<ReadReactor> reactor(new ReadReactor);
    reactor->self_ = reactor;
    const absl::Status taken = threads->Run(
        [reactor, read = std::move(read), reason, response](const absl::Status& status) {
          if (!status.ok()) {
            reactor->RefuseForNow(status);
          } else if (!reactor->finish_claimed_) {
            reactor->Answer(read(), reason, *response);
          }
        });
    if (!taken.ok()) reactor->RefuseForNow(taken);
    return reactor.get();
  }

  void OnCancel() override {
    if (ClaimFinish()) {
      Finish(ToGrpcStatus(absl::CancelledError("the caller has gone"), kCancelled));
    }
  }

  void OnDone() override { const std::shared_ptr<ReadReactor> self = std::move(self_); }

 private:
  // A read takes some hundredths of a second.
  static constexpr absl::Duration kRetryAfter = absl::Seconds(1);

  ReadReactor() = default;

  void Answer(absl::StatusOr<Response> answer, Reason reason, Response& response) {
    if (!ClaimFinish()) return;
    if (answer.ok()) response = *std::move(answer);
    Finish(answer.ok() ? grpc::Status::OK : ToGrpcStatus(answer.status(), reason(answer.status())));
  }

  // As many calls wait for a thread already, or the daemon ends.
  void RefuseForNow(const absl::Status& why) {
    if (!ClaimFinish()) return;
    Finish(absl::IsResourceExhausted(why) ? ToGrpcStatus(why, kTooManyReads, kRetryAfter)
                                          : ToGrpcStatus(why, kShuttingDown));
  }

  // True for the first caller, who must then Finish.
  bool ClaimFinish() { return !finish_claimed_.exchange(true); }

  std::shared_ptr<ReadReactor> self_;  // until OnDone
  std::atomic<bool> finish_claimed_ = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_READ_REACTOR_H_
