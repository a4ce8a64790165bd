// FakeTargeting: an in-process Targeting service on a free loopback port. There are two targets, 3
// and 4; visits are kept and complete, but for target 4's, which fails; target 2 is doubtful at
// first. Thread-safe.
#ifndef ATOMSTREAM_TESTS_CLIENT_FAKE_TARGETING_H_
#define ATOMSTREAM_TESTS_CLIENT_FAKE_TARGETING_H_

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "atomstream/v1/targeting.grpc.pb.h"
#include "core/base/mutex.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"

namespace atomstream {

class FakeTargeting final : public v1::Targeting::Service {
 public:
  FakeTargeting() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeTargeting() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  v1::Criteria criteria() {
    MutexLock lock(&mutex_);
    return criteria_;
  }
  std::vector<v1::VisitTargetRequest> visits() {
    MutexLock lock(&mutex_);
    return visits_;
  }

  grpc::Status SelectTargets(grpc::ServerContext*, const v1::SelectTargetsRequest* request,
                             v1::SelectTargetsResponse* response) override {
    MutexLock lock(&mutex_);
    criteria_ = request->criteria();
    response->set_selection_id("selection-9");
    *response->mutable_frame() = TheFrame(1);
    response->set_sites(500);
    if (criteria_.max_count() == 1) {
      response->set_empty_reason("none of 500 sites meets the conditions");
      return grpc::Status::OK;
    }
    *response->add_targets() = TheTarget(3);
    *response->add_targets() = TheTarget(4);
    return grpc::Status::OK;
  }

  // Three frames: two targets, one of them moved, none left to tell.
  grpc::Status WatchTargets(grpc::ServerContext*, const v1::WatchTargetsRequest* request,
                            grpc::ServerWriter<v1::WatchTargetsResponse>* writer) override {
    {
      MutexLock lock(&mutex_);
      criteria_ = request->criteria();
    }
    v1::WatchTargetsResponse update;
    update.set_selection_id("selection-9");
    *update.mutable_frame() = TheFrame(1);
    *update.add_targets() = TheTarget(3);
    *update.add_targets() = TheTarget(4);
    update.add_added(3);
    update.add_added(4);
    writer->Write(update);
    *update.mutable_frame() = TheFrame(4);
    update.clear_added();
    update.mutable_targets()->RemoveLast();
    v1::Withdrawal& withdrawal = *update.add_withdrawn();
    withdrawal.set_id(4);
    withdrawal.set_reason(v1::WITHDRAWAL_REASON_MOVED);
    update.set_frames_skipped(2);
    writer->Write(update);
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "shutting down");
  }

  grpc::Status VisitTarget(grpc::ServerContext*, const v1::VisitTargetRequest* request,
                           v1::VisitTargetResponse* response) override {
    MutexLock lock(&mutex_);
    visits_.push_back(*request);
    if (request->target_id() == 2 && visits_.size() < 3) return Doubtful();
    v1::Visit& visit = *response->mutable_visit();
    visit.set_number(static_cast<int64_t>(visits_.size()));
    visit.set_target_id(request->target_id());
    visit.set_exposed(true);
    visit.set_dose_s(0.25);
    visit.set_x_fraction(0.5);
    visit.set_outcome(request->target_id() == 4 ? v1::VISIT_OUTCOME_FAILED
                                                : v1::VISIT_OUTCOME_COMPLETED);
    if (request->target_id() == 4) visit.set_note("the column is cold");
    if (request->target_id() > 4) {
      return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such target");
    }
    return grpc::Status::OK;
  }

  // Two pages of two visits each.
  grpc::Status ListVisits(grpc::ServerContext*, const v1::ListVisitsRequest* request,
                          v1::ListVisitsResponse* response) override {
    for (int64_t number = request->after_number() + 1; number <= 4 && response->visits_size() < 2;
         ++number) {
      v1::Visit& visit = *response->add_visits();
      visit.set_number(number);
      visit.set_target_id(10 * number);
      visit.set_outcome(v1::VISIT_OUTCOME_COMPLETED);
    }
    response->set_total_dose_s(1.5);
    return grpc::Status::OK;
  }

 private:
  static grpc::Status Doubtful() {
    google::rpc::ErrorInfo info;
    info.set_reason("TARGET_DOUBTFUL");
    google::rpc::Status details;
    details.add_details()->PackFrom(info);
    return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "seen in 1 frame",
                        details.SerializeAsString());
  }
  static v1::TargetFrame TheFrame(int64_t sequence) {
    v1::TargetFrame frame;
    frame.mutable_position()->set_epoch("epoch-1");
    frame.mutable_position()->set_sequence(sequence);
    frame.set_frame_id(absl::StrCat("f", sequence));
    frame.mutable_age()->set_nanos(35000000);
    frame.set_drift_state(v1::DRIFT_STATE_MEASURED);
    return frame;
  }
  static v1::Target TheTarget(int64_t id) {
    v1::Target target;
    target.set_id(id);
    target.set_x_px(10.5);
    target.set_kind(v1::SITE_KIND_DOPANT);
    if (id == 3) target.set_coordination(3);
    return target;
  }

  int port_ = 0;
  Mutex mutex_;
  v1::Criteria criteria_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::VisitTargetRequest> visits_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_CLIENT_FAKE_TARGETING_H_
