#include "server/reload/config_reloader.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "core/base/status_macros.h"
#include "server/config/config.h"
#include "server/config/config_diff.h"
#include "server/config/config_place.h"
#include "server/record/invalid_field.h"

namespace atomstream {
namespace {

absl::Status ShuttingDown() { return absl::UnavailableError("the daemon is shutting down"); }

bool HasModel(const config::v1::DaemonConfig& config) { return !config.unet().model().empty(); }

bool AnyWithin(const std::vector<std::string>& fields, absl::string_view group) {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const std::string& field) { return IsWithin(field, group); });
}

// The file that a message about `why` begins with, unless it does already.
absl::Status InFile(const absl::Status& why, const std::string& file) {
  if (!FaultOf(why).file.empty()) return why;
  const InvalidField invalid = InvalidFieldOf(why);
  return WithFault(why, {.file = file, .field = invalid.field, .value = invalid.value});
}

// Why there is no model, as a message about the field that asked for it.
absl::Status OfUnet(const absl::Status& why) {
  if (IsWithin(InvalidFieldOf(why).field, "unet")) return why;
  return absl::Status(why.code(), absl::StrCat("unet.model: ", why.message()));
}

}  // namespace

std::string StampOfModel(const std::optional<UnetServiceOptions>& unet) {
  if (!unet) return "";
  struct stat about {};
  if (stat(absl::StrCat(unet->model_folder, "/manifest.json").c_str(), &about) != 0) return "";
  return absl::StrCat(unet->model_folder, " ", about.st_ino, " ", about.st_size, " ",
                      about.st_mtim.tv_sec, ".", about.st_mtim.tv_nsec);
}

struct ConfigReloader::Plan {
  config::v1::DaemonConfig next;  // as it would count
  DaemonOptions options;          // the same
  std::vector<std::string> applied;
  std::vector<std::string> needs_restart;
};

ConfigReloader::ConfigReloader(ConfigReloaderDependencies dependencies)
    : deps_(std::move(dependencies)),
      running_(deps_.source.config),
      model_stamp_(deps_.source.model_stamp),
      thread_(kMaxWaiting, [this](Waiting next) {
        const absl::StatusOr<ReloadOutcome> outcome = ReloadNow(next.request);
        if (next.done) next.done(outcome);
      }) {}

ConfigReloader::~ConfigReloader() { Shutdown(absl::InfiniteFuture()); }

absl::Status ConfigReloader::Reload(ReloadRequest request, Done done) {
  if (deps_.on_reload && !request.validate_only) deps_.on_reload();
  if (deps_.source.path.empty()) {
    return absl::FailedPreconditionError("the daemon was started without a configuration file");
  }
  switch (thread_.Offer({std::move(request), std::move(done)})) {
    case JobOffer::kTaken:
      return absl::OkStatus();
    case JobOffer::kFull:
      return absl::ResourceExhaustedError(absl::StrCat(kMaxWaiting, " reloads wait already"));
    case JobOffer::kStopping:
      break;
  }
  return ShuttingDown();
}

void ConfigReloader::Close() {
  for (const Waiting& waiting : thread_.Stop()) {
    if (waiting.done) waiting.done(ShuttingDown());
  }
  MutexLock lock(&apply_mutex_);
  closed_ = true;
}

bool ConfigReloader::IsClosed() {
  MutexLock lock(&apply_mutex_);
  return closed_;
}

bool ConfigReloader::Shutdown(absl::Time deadline) {
  Close();
  return thread_.Shutdown(deadline);
}

absl::StatusOr<ReloadOutcome> ConfigReloader::ReloadNow(const ReloadRequest& request) {
  ReloadOutcome outcome;
  const absl::Status status = CatchToStatus("reading the configuration", [&]() -> absl::Status {
    ASSIGN_OR_RETURN(Plan plan, MakePlan());
    return Carry(request, std::move(plan), outcome);
  });
  // Nothing is wrong with the file.
  if (absl::IsUnavailable(status) && IsClosed()) return status;
  if (!status.ok()) {
    // Whatever the reason, it is the file that asked for it.
    absl::Status why = status;
    if (!absl::IsFailedPrecondition(why)) {
      why = absl::InvalidArgumentError(status.message());
      status.ForEachPayload(
          [&](absl::string_view name, const absl::Cord& part) { why.SetPayload(name, part); });
    }
    why = InFile(why, deps_.source.path);
    if (!request.validate_only) Refuse(why, request);
    return why;
  }
  if (!request.validate_only) Tell(request, outcome);
  return outcome;
}

absl::StatusOr<ConfigReloader::Plan> ConfigReloader::MakePlan() const {
  ASSIGN_OR_RETURN(const LoadedConfig loaded, LoadConfigFile(deps_.source.path));
  RETURN_IF_ERROR(deps_.check_files(loaded.options));
  Plan plan;
  // A U-Net is neither switched on nor off.
  const bool unet_stays = deps_.models != nullptr && HasModel(loaded.config);
  for (std::string& field : DifferingFields(running_, loaded.config)) {
    const bool at_reload =
        EffectOf(field) == FieldEffect::kAtReload && (!IsWithin(field, "unet") || unet_stays);
    (at_reload ? plan.applied : plan.needs_restart).push_back(std::move(field));
  }
  plan.next = running_;
  CopyConfigFields(plan.applied, loaded.config, plan.next);
  // The file is valid as a whole; what would count is a mixture of it and of what runs.
  absl::StatusOr<DaemonOptions> options = OptionsOfFile(deps_.source.path, plan.next);
  if (!options.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        options.status().message(),
        "; that is so until a restart makes count: ", absl::StrJoin(plan.needs_restart, ", ")));
  }
  plan.options = *std::move(options);
  return plan;
}

absl::StatusOr<std::optional<UnetModel>> ConfigReloader::PrepareModel(const Plan& plan,
                                                                      const std::string& stamp,
                                                                      bool validate_only) {
  if (deps_.models == nullptr || !plan.options.unet) return std::nullopt;
  const bool changed = AnyWithin(plan.applied, "unet") ||
                       AnyWithin(plan.applied, "log_star.material") ||
                       AnyWithin(plan.applied, "log_star.custom_materials");
  if (!changed && stamp == model_stamp_) return std::nullopt;
  const ModelLoader loader = [&] { return deps_.load_model(*plan.options.unet); };
  if (validate_only) {
    const absl::Status loads = CatchToStatus("loading the model", loader).status();
    if (!loads.ok()) return OfUnet(loads);
    return std::nullopt;
  }
  absl::StatusOr<UnetModel> model = deps_.models->Prepare(loader);
  if (!model.ok()) return OfUnet(model.status());
  return std::optional<UnetModel>(*std::move(model));
}

absl::Status ConfigReloader::Carry(const ReloadRequest& request, Plan plan,
                                   ReloadOutcome& outcome) {
  ASSIGN_OR_RETURN(Credentials credentials,
                   deps_.read_credentials(plan.options.security, request.validate_only));
  // Before the model is read, so that one that is written meanwhile is read by the next reload.
  const std::string stamp = StampOfModel(plan.options.unet);
  ASSIGN_OR_RETURN(std::optional<UnetModel> model,
                   PrepareModel(plan, stamp, request.validate_only));
  outcome.applied = plan.applied;
  outcome.needs_restart = plan.needs_restart;
  outcome.time = deps_.clock->Now();
  RETURN_IF_ERROR(Apply(request, std::move(plan), std::move(credentials), std::move(model), stamp));
  outcome.settings_version = deps_.desk->settings().version;
  if (deps_.models != nullptr) outcome.model_id = deps_.models->status().model.id;
  return absl::OkStatus();
}

absl::Status ConfigReloader::Apply(const ReloadRequest& request, Plan plan, Credentials credentials,
                                   std::optional<UnetModel> model, const std::string& stamp) {
  ReloadedSettings settings{.log_star = plan.options.log_star, .fields = {}};
  for (const std::string& field : plan.applied) {
    if (!IsWithin(field, "log_star")) continue;
    settings.fields.emplace_back(absl::StripPrefix(field, "log_star."));
  }
  MutexLock lock(&apply_mutex_);
  if (closed_) return ShuttingDown();
  RETURN_IF_ERROR(deps_.desk->Reload(settings, request.call, request.validate_only).status());
  if (request.validate_only) return absl::OkStatus();
  // From here on nothing fails.
  if (model) {
    deps_.models->Install(*std::move(model));
    model_stamp_ = stamp;
  }
  deps_.apply(plan.options, std::move(credentials));
  running_ = std::move(plan.next);
  return absl::OkStatus();
}

void ConfigReloader::Refuse(const absl::Status& why, const ReloadRequest& request) {
  deps_.metrics->reloads_refused->Increment();
  // What else is wrong with the file says nothing about the model.
  if (deps_.models != nullptr) {
    IsWithin(FaultOf(why).field, "unet") ? deps_.models->Refuse(why) : deps_.models->GiveUp();
  }
  deps_.log->Write(LogLevel::kWarning,
                   absl::StrCat("the configuration is as before: ", why.message()),
                   {.component = "configuration", .request_id = request.call.request_id});
  deps_.audit->Record(
      {CallerName(ShownName(request.call.authenticated, request.call.name), request.call.address),
       "reload", absl::StrCat("refused: ", why.message()), request.call.request_id});
}

void ConfigReloader::Tell(const ReloadRequest& request, const ReloadOutcome& outcome) {
  deps_.metrics->reloads_ok->Increment();
  deps_.metrics->restart_fields->Set(static_cast<double>(outcome.needs_restart.size()));
  const std::string applied =
      outcome.applied.empty() ? "nothing changed" : absl::StrJoin(outcome.applied, ", ");
  deps_.log->Write(LogLevel::kInfo, absl::StrCat("the configuration was read anew: ", applied),
                   {.component = "configuration", .request_id = request.call.request_id});
  std::string text = applied;
  if (!outcome.needs_restart.empty()) {
    const std::string fields = absl::StrJoin(outcome.needs_restart, ", ");
    deps_.log->Write(LogLevel::kWarning, absl::StrCat("these count after a restart: ", fields),
                     {.component = "configuration", .request_id = request.call.request_id});
    absl::StrAppend(&text, "; after a restart: ", fields);
  }
  deps_.audit->Record(
      {CallerName(ShownName(request.call.authenticated, request.call.name), request.call.address),
       "reload", text, request.call.request_id});
}

}  // namespace atomstream
