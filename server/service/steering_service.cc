#include "server/service/steering_service.h"

#include <string>
#include <utility>

#include "core/base/status_macros.h"
#include "server/codec/settings_codec.h"
#include "server/service/analyze_reactor.h"
#include "server/service/error.h"
#include "server/service/front_call.h"

namespace atomstream {
namespace {

// `not_found`: what of the call a NOT_FOUND is about.
absl::string_view ReasonOf(const absl::Status& status, absl::string_view not_found) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return not_found;
    case absl::StatusCode::kOutOfRange:
      return kIndexOutOfRange;
    case absl::StatusCode::kAborted:
      return kSettingsChanged;
    case absl::StatusCode::kInvalidArgument:
      return kSteeringInvalid;
    default:
      return kDetectorFailed;
  }
}

grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const absl::Status& status,
                                 absl::string_view not_found = kResultNotFound) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(status.ok() ? grpc::Status::OK
                              : ToGrpcStatus(status, ReasonOf(status, not_found)));
  return reactor;
}

}  // namespace

grpc::ServerUnaryReactor* SteeringService::GetParetoFront(grpc::CallbackServerContext* context,
                                                          const v1::GetParetoFrontRequest* request,
                                                          v1::GetParetoFrontResponse* response) {
  auto found = atomstream::GetParetoFront(*request, parts_.pipeline->newest_frame(), *parts_.store);
  if (!found.ok()) return Finish(context, found.status());
  *response = *std::move(found);
  *response->mutable_settings() = SettingsToProto(parts_.desk->settings());
  return Finish(context, absl::OkStatus());
}

absl::StatusOr<SettingsOutcome> SteeringService::Select(const v1::SelectSolutionRequest& request,
                                                        const SteeringCall& call) {
  SelectionRequest wish;
  ASSIGN_OR_RETURN(wish.selection, SelectionFromProto(request.selection()));
  if (request.has_position()) {
    wish.position = {request.position().epoch(), request.position().sequence()};
  }
  return parts_.desk->Select(wish, call);
}

absl::StatusOr<SettingsOutcome> SteeringService::Update(const v1::UpdateSettingsRequest& request,
                                                        const SteeringCall& call) {
  SettingsRequest wish;
  wish.fields = {request.update_mask().paths().begin(), request.update_mask().paths().end()};
  ASSIGN_OR_RETURN(wish.log_star, LogStarSettingsFromProto(request.log_star(), wish.fields));
  wish.validate_only = request.validate_only();
  return parts_.desk->Update(wish, call);
}

std::string SteeringService::EvaluatedFrame(const SettingsOutcome& outcome,
                                            bool needs_front) const {
  if (!outcome.changed) return "";
  const std::optional<KeptFrame> newest = parts_.pipeline->newest_frame();
  if (!newest || (needs_front && newest->result().front.empty())) return "";
  return newest->frame().metadata().id;
}

grpc::ServerUnaryReactor* SteeringService::SelectSolution(grpc::CallbackServerContext* context,
                                                          const v1::SelectSolutionRequest* request,
                                                          v1::SelectSolutionResponse* response) {
  const absl::StatusOr<SettingsOutcome> outcome = Select(*request, CallOf(*context, *request));
  if (!outcome.ok()) return Finish(context, outcome.status());
  *response->mutable_settings() = SettingsToProto(outcome->settings);
  response->set_frame_id(EvaluatedFrame(*outcome, /*needs_front=*/true));
  return Finish(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* SteeringService::GetSettings(grpc::CallbackServerContext* context,
                                                       const v1::GetSettingsRequest*,
                                                       v1::GetSettingsResponse* response) {
  *response->mutable_settings() = SettingsToProto(parts_.desk->settings());
  return Finish(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* SteeringService::UpdateSettings(grpc::CallbackServerContext* context,
                                                          const v1::UpdateSettingsRequest* request,
                                                          v1::UpdateSettingsResponse* response) {
  const absl::StatusOr<SettingsOutcome> outcome = Update(*request, CallOf(*context, *request));
  if (!outcome.ok()) return Finish(context, outcome.status(), kMaterialUnknown);
  *response->mutable_settings() = SettingsToProto(outcome->settings);
  response->set_frame_id(EvaluatedFrame(*outcome, /*needs_front=*/false));
  return Finish(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* SteeringService::ReprocessFrame(grpc::CallbackServerContext* context,
                                                          const v1::ReprocessFrameRequest* request,
                                                          v1::ReprocessFrameResponse* response) {
  parts_.callers->SetFrame(context, request->frame_id());
  const ActiveCall caller = parts_.callers->Get(context);
  SteeringCall call;
  call.authenticated = caller.name;
  call.address = caller.address;
  call.request_id = caller.request_id;
  auto submit = [this, call, frame_id = request->frame_id()](Submission::Done done) {
    auto submitted =
        parts_.pipeline->Reprocess(frame_id, std::move(done), {.request_id = call.request_id});
    if (submitted.ok()) parts_.desk->RecordReprocess(frame_id, call);
    return submitted;
  };
  // The frame may have to be read from disk.
  return AnalyzeReactor::StartOn(parts_.call_threads, std::move(submit), parts_.pipeline,
                                 response->mutable_result());
}

grpc::ServerUnaryReactor* SteeringService::ListSettingsChanges(
    grpc::CallbackServerContext* context, const v1::ListSettingsChangesRequest* request,
    v1::ListSettingsChangesResponse* response) {
  const auto changes = parts_.desk->Changes(request->max_count());
  if (!changes.ok()) return Finish(context, changes.status());
  for (const SettingsChangePtr& change : *changes) {
    *response->add_changes() = SettingsChangeToProto(*change);
  }
  return Finish(context, absl::OkStatus());
}

}  // namespace atomstream
