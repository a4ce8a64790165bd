#include "server/service/operations_service.h"

#include <atomic>
#include <memory>
#include <utility>

#include "server/codec/result_codec.h"
#include "server/service/error.h"

namespace atomstream {
namespace {

absl::string_view ReasonOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return kShuttingDown;
    case absl::StatusCode::kResourceExhausted:
      return kTooManyReloads;
    case absl::StatusCode::kFailedPrecondition:
      return kRestartNeeded;
    case absl::StatusCode::kCancelled:
      return kCancelled;
    default:
      return kConfigurationInvalid;
  }
}

// One call. Owns itself until OnDone; the reload's `done` holds it besides. Whoever is first of
// `done` and OnCancel finishes the call; the reload itself goes on when the caller has gone.
class ReloadReactor final : public grpc::ServerUnaryReactor {
 public:
  static ReloadReactor* Start(ConfigReloader& reloader, ReloadRequest request,
                              v1::ReloadConfigurationResponse* response) {
    std::shared_ptr<ReloadReactor> reactor(new ReloadReactor(response));
    reactor->self_ = reactor;
    const absl::Status accepted = reloader.Reload(
        std::move(request),
        [reactor](const absl::StatusOr<ReloadOutcome>& done) { reactor->OnOutcome(done); });
    if (!accepted.ok()) reactor->OnOutcome(accepted);
    return reactor.get();
  }

  void OnCancel() override { OnOutcome(absl::CancelledError("the caller has gone")); }
  void OnDone() override { const std::shared_ptr<ReloadReactor> self = std::move(self_); }

 private:
  explicit ReloadReactor(v1::ReloadConfigurationResponse* response) : response_(response) {}

  void OnOutcome(const absl::StatusOr<ReloadOutcome>& outcome) {
    if (finished_.exchange(true)) return;
    if (!outcome.ok()) {
      Finish(ToGrpcStatus(outcome.status(), ReasonOf(outcome.status())));
      return;
    }
    *response_->mutable_applied_fields() = {outcome->applied.begin(), outcome->applied.end()};
    *response_->mutable_restart_fields() = {outcome->needs_restart.begin(),
                                            outcome->needs_restart.end()};
    response_->set_settings_version(outcome->settings_version);
    response_->set_model_id(outcome->model_id);
    *response_->mutable_reload_time() = TimeToProto(outcome->time);
    Finish(grpc::Status::OK);
  }

  v1::ReloadConfigurationResponse* const response_;  // of the one who finishes
  std::atomic<bool> finished_{false};
  std::shared_ptr<ReloadReactor> self_;  // until OnDone
};

}  // namespace

grpc::ServerUnaryReactor* OperationsService::ReloadConfiguration(
    grpc::CallbackServerContext* context, const v1::ReloadConfigurationRequest* request,
    v1::ReloadConfigurationResponse* response) {
  ReloadRequest reload;
  reload.call.name = request->requested_by();
  const ActiveCall call = callers_.Get(context);
  reload.call.authenticated = call.name;
  reload.call.address = call.address;
  reload.call.request_id = call.request_id;
  reload.validate_only = request->validate_only();
  return ReloadReactor::Start(reloader_, std::move(reload), response);
}

}  // namespace atomstream
