// AnalyzeReactor: one AnalyzeFrame or ReprocessFrame call. Submits the frame and finishes when its
// result is there or when the caller has gone, whichever comes first; it never blocks a gRPC
// thread.
//
// Life: Start makes it; it owns itself until OnDone; the pipeline's `done` holds it besides.
// Exactly one of `done` and OnCancel finishes the call.
#ifndef ATOMSTREAM_SERVER_SERVICE_ANALYZE_REACTOR_H_
#define ATOMSTREAM_SERVER_SERVICE_ANALYZE_REACTOR_H_

#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>

#include "atomstream/v1/result.pb.h"
#include "core/base/mutex.h"
#include "server/pipeline.h"
#include "server/service/call_threads.h"

namespace atomstream {

class AnalyzeReactor final : public grpc::ServerUnaryReactor {
 public:
  // Hands the frame over; called once.
  using Submit = std::function<absl::StatusOr<std::shared_ptr<Submission>>(Submission::Done done)>;

  // `result` is part of the response and lives until OnDone.
  static AnalyzeReactor* Start(const Submit& submit, Pipeline* pipeline, v1::FrameResult* result);
  // The same where handing the frame over takes long: `submit` is called on one of these threads.
  // They outlive the gRPC server.
  static AnalyzeReactor* StartOn(CallThreads* threads, Submit submit, Pipeline* pipeline,
                                 v1::FrameResult* result);
  // A call that is refused before it begins.
  static AnalyzeReactor* Refuse(const grpc::Status& status);
  static AnalyzeReactor* Refuse(const absl::Status& of_pipeline);

  void OnCancel() override;
  void OnDone() override;

 private:
  AnalyzeReactor(Pipeline* pipeline, v1::FrameResult* result)
      : pipeline_(pipeline), result_(result) {}

  static std::shared_ptr<AnalyzeReactor> Make(Pipeline* pipeline, v1::FrameResult* result);
  static void HandOver(const std::shared_ptr<AnalyzeReactor>& reactor, const Submit& submit);
  // Unless the caller has gone.
  void FinishWith(const absl::Status& of_pipeline);
  void OnResult(const absl::StatusOr<FrameRecords>& result);
  // True for the first caller, who must then Finish.
  bool ClaimFinish();

  Pipeline* const pipeline_;
  v1::FrameResult* const result_;         // of the one who claimed the finish
  std::shared_ptr<AnalyzeReactor> self_;  // until OnDone

  Mutex mutex_;
  bool finish_claimed_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<Submission> submission_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_ANALYZE_REACTOR_H_
