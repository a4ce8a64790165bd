// AnalyzeReactor: one AnalyzeFrame call. Submits the frame and finishes when its result is there or
// when the caller has gone, whichever comes first; it never blocks a gRPC thread.
//
// Life: Start makes it; it owns itself until OnDone; the pipeline's `done` holds it besides.
// Exactly one of `done` and OnCancel finishes the call.
#ifndef ATOMSTREAM_SERVER_SERVICE_ANALYZE_REACTOR_H_
#define ATOMSTREAM_SERVER_SERVICE_ANALYZE_REACTOR_H_

#include <grpcpp/support/server_callback.h>

#include <memory>

#include "atomstream/v1/analysis.pb.h"
#include "core/base/mutex.h"
#include "core/image/frame.h"
#include "server/pipeline.h"

namespace atomstream {

class AnalyzeReactor final : public grpc::ServerUnaryReactor {
 public:
  // `response` lives until OnDone.
  static AnalyzeReactor* Start(std::shared_ptr<const Frame> frame, DetectorSet wanted,
                               Pipeline* pipeline, v1::AnalyzeFrameResponse* response);
  // A call that is refused before it begins.
  static AnalyzeReactor* Refuse(const grpc::Status& status);
  static AnalyzeReactor* Refuse(const absl::Status& of_pipeline);

  void OnCancel() override;
  void OnDone() override;

 private:
  AnalyzeReactor(Pipeline* pipeline, v1::AnalyzeFrameResponse* response)
      : pipeline_(pipeline), response_(response) {}

  void OnResult(const absl::StatusOr<FrameRecords>& result);
  // True for the first caller, who must then Finish.
  bool ClaimFinish();

  Pipeline* const pipeline_;
  v1::AnalyzeFrameResponse* const response_;  // of the one who claimed the finish
  std::shared_ptr<AnalyzeReactor> self_;      // until OnDone

  Mutex mutex_;
  bool finish_claimed_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<Submission> submission_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_ANALYZE_REACTOR_H_
