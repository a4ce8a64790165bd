#include "server/service/targeting_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/audit/audit_log.h"
#include "server/codec/criteria_codec.h"
#include "server/codec/target_codec.h"
#include "server/service/error.h"
#include "server/service/visit_reactor.h"
#include "server/service/watch_reactor.h"

namespace atomstream {
namespace {

constexpr int kDefaultVisits = 50;
constexpr int kMostVisits = 1000;

grpc::Status SwitchedOff() {
  return ToGrpcStatus(absl::FailedPreconditionError(
                          "targeting.enabled = false: there are no targets in this daemon"),
                      kTargetingDisabled);
}

grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const grpc::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

TargetContext ContextOf(Targeting& targeting, const Clock& clock, const Clock& steady_clock) {
  return {.now = clock.Now(), .steady_now = steady_clock.Now(), .site_dose_s = [&](int64_t id) {
            return targeting.ledger().SiteDose(id);
          }};
}

absl::Duration DurationOf(const google::protobuf::Duration& proto) {
  return absl::Seconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
}

absl::StatusOr<v1::ListVisitsResponse> ListVisits(const v1::ListVisitsRequest& request,
                                                  const VisitLedger& ledger) {
  if (request.after_number() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("after_number = ", request.after_number(), ": must not be negative"));
  }
  if (request.max_count() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_count = ", request.max_count(), ": must not be negative"));
  }
  const int count =
      request.max_count() == 0 ? kDefaultVisits : std::min(request.max_count(), kMostVisits);
  v1::ListVisitsResponse response;
  for (const Visit& visit : ledger.ListVisits(request.after_number(), count)) {
    *response.add_visits() = VisitToProto(visit);
  }
  const LedgerTotals totals = ledger.Totals();
  response.set_total_dose_s(totals.dose);
  response.set_reserved_dose_s(totals.reserved);
  response.set_active(totals.leases);
  response.set_dropped(totals.dropped);
  return response;
}

}  // namespace

grpc::ServerUnaryReactor* TargetingService::SelectTargets(grpc::CallbackServerContext* context,
                                                          const v1::SelectTargetsRequest* request,
                                                          v1::SelectTargetsResponse* response) {
  if (targeting_ == nullptr) return Finish(context, SwitchedOff());
  const auto criteria = CriteriaFromProto(request->criteria());
  if (!criteria.ok()) return Finish(context, ToGrpcStatus(criteria.status(), kCriteriaInvalid));
  const auto selected = targeting_->scene().Select(criteria->criteria, criteria->patience_frames);
  if (!selected.ok()) {
    return Finish(context, ToGrpcStatus(selected.refusal.status(), selected.refusal.reason));
  }
  *response = SelectResponseOf(**selected.value, ContextOf(*targeting_, clock_, steady_clock_));
  return Finish(context, grpc::Status::OK);
}

grpc::ServerWriteReactor<v1::WatchTargetsResponse>* TargetingService::WatchTargets(
    grpc::CallbackServerContext* context, const v1::WatchTargetsRequest* request) {
  if (targeting_ == nullptr) return WatchReactor::Refuse(SwitchedOff());
  const auto criteria = CriteriaFromProto(request->criteria());
  if (!criteria.ok()) {
    return WatchReactor::Refuse(ToGrpcStatus(criteria.status(), kCriteriaInvalid));
  }
  return WatchReactor::Start(
      *criteria, {.scene = &targeting_->scene(),
                  .steady_clock = &steady_clock_,
                  .context = [this] { return ContextOf(*targeting_, clock_, steady_clock_); },
                  .account = WatcherAccount(&callers_, context, log_)});
}

grpc::ServerUnaryReactor* TargetingService::VisitTarget(grpc::CallbackServerContext* context,
                                                        const v1::VisitTargetRequest* request,
                                                        v1::VisitTargetResponse* response) {
  if (targeting_ == nullptr) return VisitReactor::Refuse(SwitchedOff());
  VisitRequest visit;
  visit.selection_id = request->selection_id();
  visit.target_id = request->target_id();
  visit.epoch = request->epoch();
  visit.dwell = DurationOf(request->dwell_time());
  visit.allow_revisit = request->allow_revisit();
  visit.holder = request->holder();
  const ActiveCall call = callers_.Get(context);
  visit.authenticated = call.name;
  visit.caller = CallerName(ShownName(visit.authenticated, visit.holder), call.address);
  visit.request_id = call.request_id;
  if (request->min_frames_sure() != 0) visit.min_frames_sure = request->min_frames_sure();
  return VisitReactor::Start(visit, &targeting_->desk(), response);
}

grpc::ServerUnaryReactor* TargetingService::ListVisits(grpc::CallbackServerContext* context,
                                                       const v1::ListVisitsRequest* request,
                                                       v1::ListVisitsResponse* response) {
  if (targeting_ == nullptr) return Finish(context, SwitchedOff());
  auto listed = atomstream::ListVisits(*request, targeting_->ledger());
  if (!listed.ok()) return Finish(context, ToGrpcStatus(listed.status(), kVisitListInvalid));
  *response = *std::move(listed);
  response->set_beam_blank_failing(targeting_->desk().blank_failing());
  return Finish(context, grpc::Status::OK);
}

}  // namespace atomstream
