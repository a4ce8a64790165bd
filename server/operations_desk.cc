#include "server/operations_desk.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

StoreHealth HealthOf(const ResultStore& store) {
  const StoreStatus status = store.status();
  if (status.recording) {
    return {true, status.durable ? "results are kept on disk" : "results are kept in memory"};
  }
  return {false, absl::StrCat("results are not recorded: ", status.last_error)};
}

}  // namespace

OperationsDesk::OperationsDesk(OperationsParts parts, OperationsDependencies dependencies)
    : parts_(std::move(parts)),
      deps_(std::move(dependencies)),
      shutdown_ms_(absl::ToInt64Milliseconds(deps_.shutdown_deadline)),
      monitor_(
          deps_.health,
          {.inputs = {.source = [this] { return deps_.pipeline->status().source; },
                      .pipeline = deps_.pipeline->progress(),
                      .unet = deps_.pipeline->unet_progress(),
                      .broken = [this] { return deps_.pipeline->outcomes().Broken(); },
                      .store = [this] { return HealthOf(deps_.history->store()); },
                      .shut_out =
                          [this] { return probe_.ok() ? (*probe_)->Look() : absl::ZeroDuration(); },
                      .not_tried =
                          [this] {
                            return probe_.ok() ? (*probe_)->not_known()
                                               : std::string(probe_.status().message());
                          }},
           .steady_clock = deps_.steady_clock,
           .wait = &wait_,
           .on_check = [this](const HealthReport& report) { OnHealth(report); }}),
      reloader_(
          {.source = parts_.config,
           .desk = deps_.steering,
           .models = deps_.models,
           .load_model = parts_.load_model,
           .on_reload = deps_.on_reload,
           .read_credentials = deps_.read_credentials,
           .check_files = parts_.check_files
                              ? parts_.check_files
                              : [](const DaemonOptions&) { return absl::OkStatus(); },
           .apply = [this](const DaemonOptions& options,
                           Credentials credentials) { Apply(options, std::move(credentials)); },
           .audit = deps_.audit,
           .log = deps_.log,
           .clock = deps_.clock,
           .metrics = deps_.metrics,
           .lower_priority = deps_.lower_priority}) {}

void OperationsDesk::Start(GrpcServer* server) {
  // No thread checks yet.
  server_ = server;
  probe_ = ListenerProbe::Create(deps_.listen_address, server->port(), deps_.steady_clock);
  monitor_.Start();
  reloader_.Start();
}

void OperationsDesk::Apply(const DaemonOptions& options, Credentials credentials) {
  deps_.set_credentials(std::move(credentials));
  deps_.gate->SetLimits(options.security.limits);
  deps_.hub->SetMaxSubscribers(options.max_subscribers);
  monitor_.SetOptions(options.health);
  // Frames are taken only while the journal has room for them.
  const FrameDeskOptions frames = FrameDeskOptionsOf(options.history);
  const bool keeps = frames.max_kept_frame_mib > 0;
  if (!keeps) deps_.frames->SetBounds(frames);
  deps_.history->SetBounds(options.history);
  if (keeps) deps_.frames->SetBounds(frames);
  if (deps_.targeting != nullptr) deps_.targeting->SetOptions(options.targeting);
  deps_.pipeline->SetStructure(options.structure);
  deps_.spans->SetOptions(options.spans);
  shutdown_ms_ = absl::ToInt64Milliseconds(options.shutdown_deadline);
  if (parts_.stream_log != nullptr) parts_.stream_log->SetOptions(options.log);
}

void OperationsDesk::OnHealth(const HealthReport& report) {
  for (const ComponentHealth& component : report.components) {
    deps_.metrics->Component(component.name)->Set(component.serving ? 1 : 0);
    if (server_ != nullptr) {
      server_->ShowComponent(absl::StrCat("atomstream.", component.name), component.serving);
    }
  }
  deps_.metrics->ready->Set(report.ready ? 1 : 0);
  if (server_ != nullptr) server_->ShowReady(report.ready);
  TellChanges(report);
  if (parts_.on_health) parts_.on_health(report);
  if (parts_.stream_log == nullptr) return;
  parts_.stream_log->TellSuppressed();
  const LogCounts now = parts_.stream_log->counts();
  deps_.metrics->log_lines_lost->Increment(now.lost - told_.lost);
  deps_.metrics->log_lines_suppressed->Increment(now.suppressed - told_.suppressed);
  told_ = now;
}

void OperationsDesk::TellChanges(const HealthReport& report) {
  for (const ComponentHealth& component : report.components) {
    const auto [before, is_new] = serving_.emplace(component.name, true);
    if (before->second == component.serving) continue;
    before->second = component.serving;
    if (component.serving) {
      deps_.log->Write(LogLevel::kInfo, "works again", {.component = component.name});
    } else {
      deps_.log->Write(LogLevel::kWarning, absl::StrCat("does not do its work: ", component.detail),
                       {.component = component.name});
    }
  }
}

}  // namespace atomstream
