#include "server/service/frame_reactor.h"

#include <string>
#include <utility>

#include "server/service/error.h"
#include "server/service/frame_call.h"

namespace atomstream {
namespace {

// A read takes some tenths of a second.
constexpr absl::Duration kRetryAfter = absl::Seconds(1);

absl::string_view ReasonOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return kFrameNotFound;
    case absl::StatusCode::kDataLoss:
      return kFrameDamaged;
    case absl::StatusCode::kInvalidArgument:
      return kPreviewSizeInvalid;
    default:
      return kFrameUnreadable;
  }
}

}  // namespace

FrameReactor* FrameReactor::Start(const v1::GetFrameRequest& request, const FrameFinder* frames,
                                  CallThreads* threads, v1::GetFrameResponse* response) {
  std::shared_ptr<FrameReactor> reactor(new FrameReactor);
  reactor->self_ = reactor;
  const absl::Status valid = CheckGetFrame(request);
  if (!valid.ok()) {
    reactor->Answer(request, valid, *response);
    return reactor.get();
  }
  const auto frame = frames->FindInMemory(request.frame_id());
  if (!absl::IsNotFound(frame.status()) || !frames->looks_on_disk()) {
    reactor->Answer(request, frame, *response);
    return reactor.get();
  }
  // A cancel may end the call, and with it the request, at any time: a copy goes along.
  const absl::Status taken =
      threads->Run([reactor, request, frames, response](const absl::Status& status) {
        if (!status.ok()) {
          reactor->RefuseForNow(status);
        } else if (!reactor->finish_claimed_) {
          reactor->Answer(request, frames->Find(request.frame_id()), *response);
        }
      });
  if (!taken.ok()) reactor->RefuseForNow(taken);
  return reactor.get();
}

void FrameReactor::Answer(const v1::GetFrameRequest& request,
                          const absl::StatusOr<std::shared_ptr<const Frame>>& frame,
                          v1::GetFrameResponse& response) {
  if (!ClaimFinish()) return;
  const absl::Status answered =
      frame.ok() ? AnswerGetFrame(request, **frame, response) : frame.status();
  Finish(answered.ok() ? grpc::Status::OK : ToGrpcStatus(answered, ReasonOf(answered)));
}

void FrameReactor::RefuseForNow(const absl::Status& why) {
  if (!ClaimFinish()) return;
  Finish(absl::IsResourceExhausted(why) ? ToGrpcStatus(why, kTooManyReads, kRetryAfter)
                                        : ToGrpcStatus(why, kShuttingDown));
}

void FrameReactor::OnCancel() {
  if (ClaimFinish()) {
    Finish(ToGrpcStatus(absl::CancelledError("the caller has gone"), kCancelled));
  }
}

void FrameReactor::OnDone() { const std::shared_ptr<FrameReactor> self = std::move(self_); }

}  // namespace atomstream
