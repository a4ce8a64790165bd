// FrameReactor: one GetFrame call. A frame in memory is answered at once; one on disk by CallThreads,
// because reading it takes long; the gRPC thread waits for neither.
//
// Life: Start makes it; it owns itself until OnDone; a call that waits for a thread holds it
// besides. Exactly one of the answer and OnCancel finishes the call.
#ifndef ATOMSTREAM_SERVER_SERVICE_FRAME_REACTOR_H_
#define ATOMSTREAM_SERVER_SERVICE_FRAME_REACTOR_H_

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <memory>

#include "atomstream/v1/analysis.pb.h"
#include "server/service/call_threads.h"
#include "server/store/frame_finder.h"

namespace atomstream {

class FrameReactor final : public grpc::ServerUnaryReactor {
 public:
  // `frames` and `threads` outlive the gRPC server; request and response live until OnDone.
  static FrameReactor* Start(const v1::GetFrameRequest& request, const FrameFinder* frames,
                             CallThreads* threads, v1::GetFrameResponse* response);

  void OnCancel() override;
  void OnDone() override;

 private:
  FrameReactor() = default;

  // Unless the call was cancelled, answers it with the frame, or why there is none.
  void Answer(const v1::GetFrameRequest& request,
              const absl::StatusOr<std::shared_ptr<const Frame>>& frame,
              v1::GetFrameResponse& response);
  // As many calls wait for a thread already, or the daemon ends.
  void RefuseForNow(const absl::Status& why);
  // True for the first caller, who must then Finish.
  bool ClaimFinish() { return !finish_claimed_.exchange(true); }

  std::shared_ptr<FrameReactor> self_;  // until OnDone
  std::atomic<bool> finish_claimed_ = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_FRAME_REACTOR_H_
