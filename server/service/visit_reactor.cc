#include "server/service/visit_reactor.h"

#include <utility>

#include "server/codec/target_codec.h"
#include "server/service/error.h"

namespace atomstream {

VisitReactor* VisitReactor::Refuse(const grpc::Status& status) {
  std::shared_ptr<VisitReactor> reactor(new VisitReactor(nullptr, nullptr));
  reactor->self_ = reactor;
  reactor->ClaimFinish();
  reactor->Finish(status);
  return reactor.get();
}

VisitReactor* VisitReactor::Start(const VisitRequest& request, VisitDesk* desk,
                                  v1::VisitTargetResponse* response) {
  std::shared_ptr<VisitReactor> reactor(new VisitReactor(desk, response));
  reactor->self_ = reactor;
  auto job =
      desk->Submit(request, [reactor](const VisitReport& report) { reactor->OnReport(report); });
  if (!job.ok()) {
    reactor->ClaimFinish();
    reactor->Finish(ToGrpcStatus(job.refusal.status(), job.refusal.reason));
    return reactor.get();
  }
  std::shared_ptr<VisitJob> gone;
  {
    MutexLock lock(&reactor->mutex_);
    if (reactor->cancelled_) {
      gone = *job.value;
    } else if (!reactor->finish_claimed_) {
      reactor->job_ = *std::move(job.value);
    }
  }
  if (gone != nullptr) desk->Cancel(*gone);
  return reactor.get();
}

bool VisitReactor::ClaimFinish() {
  MutexLock lock(&mutex_);
  return !std::exchange(finish_claimed_, true);
}

void VisitReactor::OnReport(const VisitReport& report) {
  if (!ClaimFinish()) return;
  if (!report.refusal.ok()) {
    Finish(ToGrpcStatus(report.refusal.status(), report.refusal.reason));
    return;
  }
  if (report.visit) *response_->mutable_visit() = VisitToProto(*report.visit);
  Finish(grpc::Status::OK);
}

void VisitReactor::OnCancel() {
  std::shared_ptr<VisitJob> job;
  {
    MutexLock lock(&mutex_);
    cancelled_ = true;
    job = job_;
  }
  if (job != nullptr) desk_->Cancel(*job);
  if (ClaimFinish()) {
    Finish(ToGrpcStatus(absl::CancelledError("the caller has gone"), kCancelled));
  }
}

void VisitReactor::OnDone() {
  {
    // The job holds `done`, which holds this: let go of it.
    MutexLock lock(&mutex_);
    job_.reset();
  }
  const std::shared_ptr<VisitReactor> self = std::move(self_);
}

}  // namespace atomstream
