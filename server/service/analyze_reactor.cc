#include "server/service/analyze_reactor.h"

#include <utility>

#include "server/codec/result_codec.h"
#include "server/service/error.h"

namespace atomstream {
namespace {

// Of the pipeline's own errors.
absl::string_view ReasonOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kResourceExhausted:
      return kAnalyzeQueueFull;
    case absl::StatusCode::kUnavailable:
      return kShuttingDown;
    case absl::StatusCode::kNotFound:
      return kFrameNotFound;
    case absl::StatusCode::kDataLoss:
      return kFrameDamaged;
    case absl::StatusCode::kCancelled:
      return kCancelled;
    default:
      return kResultLost;
  }
}

// OK if any detector has something to say; otherwise what the first one complains of.
absl::Status DetectorsStatus(const FrameRecords& records) {
  absl::Status first;
  for (const FrameRecordPtr& record : records) {
    const absl::Status& status = record->detector.status;
    if (status.ok()) return absl::OkStatus();
    if (first.ok()) first = status;
  }
  return first;
}

}  // namespace

AnalyzeReactor* AnalyzeReactor::Refuse(const grpc::Status& status) {
  const std::shared_ptr<AnalyzeReactor> reactor = Make(nullptr, nullptr);
  reactor->ClaimFinish();
  reactor->Finish(status);
  return reactor.get();
}

AnalyzeReactor* AnalyzeReactor::Refuse(const absl::Status& of_pipeline) {
  return Refuse(ToGrpcStatus(of_pipeline, ReasonOf(of_pipeline)));
}

std::shared_ptr<AnalyzeReactor> AnalyzeReactor::Make(Pipeline* pipeline, v1::FrameResult* result) {
  std::shared_ptr<AnalyzeReactor> reactor(new AnalyzeReactor(pipeline, result));
  reactor->self_ = reactor;
  return reactor;
}

AnalyzeReactor* AnalyzeReactor::Start(const Submit& submit, Pipeline* pipeline,
                                      v1::FrameResult* result) {
  const std::shared_ptr<AnalyzeReactor> reactor = Make(pipeline, result);
  HandOver(reactor, submit);
  return reactor.get();
}

AnalyzeReactor* AnalyzeReactor::StartOn(CallThreads* threads, Submit submit, Pipeline* pipeline,
                                        v1::FrameResult* result) {
  const std::shared_ptr<AnalyzeReactor> reactor = Make(pipeline, result);
  const absl::Status taken =
      threads->Run([reactor, submit = std::move(submit)](const absl::Status& status) {
        if (status.ok()) {
          HandOver(reactor, submit);
        } else {
          reactor->FinishWith(status);
        }
      });
  if (!taken.ok()) reactor->FinishWith(taken);
  return reactor.get();
}

void AnalyzeReactor::HandOver(const std::shared_ptr<AnalyzeReactor>& reactor,
                              const Submit& submit) {
  {
    MutexLock lock(&reactor->mutex_);
    if (reactor->finish_claimed_) return;  // the caller has gone already
  }
  auto submission = submit(
      [reactor](const absl::StatusOr<FrameRecords>& outcome) { reactor->OnResult(outcome); });
  if (!submission.ok()) {
    reactor->FinishWith(submission.status());
    return;
  }
  {
    MutexLock lock(&reactor->mutex_);
    if (!reactor->finish_claimed_) {
      reactor->submission_ = *std::move(submission);
      return;
    }
  }
  // The result is here already, or the caller went while the frame was handed over.
  reactor->pipeline_->Cancel(**submission);
}

void AnalyzeReactor::FinishWith(const absl::Status& of_pipeline) {
  if (ClaimFinish()) Finish(ToGrpcStatus(of_pipeline, ReasonOf(of_pipeline)));
}

bool AnalyzeReactor::ClaimFinish() {
  MutexLock lock(&mutex_);
  return !std::exchange(finish_claimed_, true);
}

void AnalyzeReactor::OnResult(const absl::StatusOr<FrameRecords>& result) {
  if (!ClaimFinish()) return;
  if (!result.ok()) {
    Finish(ToGrpcStatus(result.status(), ReasonOf(result.status())));
    return;
  }
  const absl::Status detectors = DetectorsStatus(*result);
  if (!detectors.ok()) {
    Finish(ToGrpcStatus(detectors, kDetectorFailed));
    return;
  }
  *result_ = MergedToProto(*result);
  Finish(grpc::Status::OK);
}

void AnalyzeReactor::OnCancel() {
  std::shared_ptr<Submission> submission;
  {
    MutexLock lock(&mutex_);
    submission = submission_;
  }
  if (submission != nullptr) pipeline_->Cancel(*submission);
  if (ClaimFinish()) {
    Finish(ToGrpcStatus(absl::CancelledError("the caller has gone"), kCancelled));
  }
}

void AnalyzeReactor::OnDone() {
  {
    // The submission holds `done`, which holds this: let go of it.
    MutexLock lock(&mutex_);
    submission_.reset();
  }
  const std::shared_ptr<AnalyzeReactor> self = std::move(self_);
}

}  // namespace atomstream
