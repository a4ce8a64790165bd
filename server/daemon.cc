#include "server/daemon.h"

#include <algorithm>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/codec/stored_codec.h"
#include "server/daemon_certificates.h"
#include "server/security/exposure.h"
#include "server/version.h"

namespace atomstream {
namespace {

// Of the shutdown deadline: the part that is for closing the ports after the frames are finished.
// The streams have kStreamGrace to end by themselves; the metrics server takes up to 2 s to notice
// that it should stop (its library sleeps in poll).
constexpr absl::Duration kClosing = absl::Milliseconds(2500);
constexpr absl::Duration kStreamGrace = absl::Seconds(1);

// The frame threads compute too, so that the pool has one thread less than there are workers.
int PoolThreads(int worker_threads) {
  if (worker_threads > 0) return worker_threads - 1;
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency())) - 1;
}

PipelineOptions PipelineOptionsOf(const DaemonOptions& options) {
  PipelineOptions result;
  result.frames_in_flight = options.frames_in_flight;
  result.submit_queue = options.submit_queue;
  result.structure = options.structure;
  const ReplayOptions* replay = std::get_if<ReplayOptions>(&options.source);
  result.source_waits = replay != nullptr && replay->rate_hz == 0;
  return result;
}

std::function<double()> MakeRandom(uint64_t seed) {
  return [engine = std::mt19937_64(seed)]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(engine);
  };
}

std::unique_ptr<ModelHolder> MakeHolder(const DaemonParts& parts) {
  if (!parts.unet) return nullptr;
  return std::make_unique<ModelHolder>(parts.unet->model);
}

std::unique_ptr<ModelReloader> MakeReloader(ModelHolder* holder, const DaemonParts& parts,
                                            DaemonMetrics* metrics) {
  if (!parts.unet) return nullptr;
  return std::make_unique<ModelReloader>(ModelReloaderDependencies{
      .holder = holder, .clock = parts.clock, .metrics = metrics, .log = parts.log});
}

std::unique_ptr<SpanWriter> MakeSpans(const DaemonOptions& options, const std::string& epoch,
                                      const DaemonParts& parts, OperationsMetrics* metrics) {
  return std::make_unique<SpanWriter>(
      options.spans,
      SpanWriterDependencies{.resource = {.version = kVersion, .instance = epoch},
                             // Ids must differ between runs, whatever the seed.
                             .random = [engine = std::mt19937_64(
                                            std::random_device()())]() mutable { return engine(); },
                             .written = metrics->spans_written,
                             .dropped = metrics->spans_dropped,
                             .log = parts.log});
}

std::unique_ptr<AuditLog> MakeAudit(const DaemonOptions& options, const DaemonParts& parts,
                                    DaemonMetrics* metrics) {
  return MakeAuditLog(options.audit_log, {.clock = parts.clock,
                                          .log = parts.log,
                                          .lines_written = metrics->audit_lines_written,
                                          .lines_failed = metrics->audit_lines_failed});
}

std::unique_ptr<Targeting> MakeTargeting(const DaemonOptions& options, const std::string& epoch,
                                         const DaemonParts& parts, DaemonMetrics* metrics,
                                         AuditLog* audit) {
  if (!options.targeting.enabled) return nullptr;
  return std::make_unique<Targeting>(options.targeting,
                                     TargetingDependencies{.epoch = epoch,
                                                           .beam = parts.beam.get(),
                                                           .clock = parts.clock,
                                                           .steady_clock = parts.steady_clock,
                                                           .metrics = &metrics->targeting,
                                                           .audit = audit,
                                                           .log = parts.log});
}

}  // namespace

Daemon::Daemon(const DaemonOptions& options, DaemonParts parts, SettingsPtr settings,
               std::optional<OpenedJournal> journal)
    : options_(options),
      parts_(std::move(parts)),
      metrics_(registry_, kVersion),
      operations_metrics_(registry_),
      certificate_metrics_(registry_),
      workers_(PoolThreads(options.worker_threads)),
      history_(options.history, std::move(journal),
               {.encode = &EncodeResult,
                .place = &WithPosition,
                .steady_clock = parts_.steady_clock,
                .metrics = &metrics_.store,
                .log = parts_.log}),
      store_(history_.store()),
      frames_(FrameDeskOptionsOf(options.history), {.store = &store_,
                                                    .journal = history_.journal(),
                                                    .steady_clock = parts_.steady_clock,
                                                    .metrics = &metrics_.kept_frames,
                                                    .log = parts_.log}),
      hub_(options.max_subscribers, parts_.steady_clock, &metrics_, store_.range().newest),
      delivery_({.hub = &hub_,
                 .store = &store_,
                 .metrics = &metrics_.delivery,
                 .clock = parts_.clock,
                 .steady_clock = parts_.steady_clock}),
      model_(MakeHolder(parts_)),
      reloader_(MakeReloader(model_.get(), parts_, &metrics_)),
      settings_(std::move(settings)),
      audit_(MakeAudit(options, parts_, &metrics_)),
      gate_(options.security.gate(), parts_.clock, parts_.steady_clock),
      request_ids_(std::random_device()()),  // must differ between runs, whatever the seed
      guard_({.gate = &gate_,
              .callers = &callers_,
              .request_ids = &request_ids_,
              .metrics = &metrics_.security,
              .calls = &metrics_.calls,
              .steady_clock = parts_.steady_clock,
              .log = parts_.log}),
      targeting_(MakeTargeting(options, store_.epoch(), parts_, &metrics_, audit_.get())),
      spans_(MakeSpans(options, store_.epoch(), parts_, &operations_metrics_)),
      pipeline_(PipelineOptionsOf(options),
                {.source = parts_.source.get(),
                 .settings = &settings_,
                 .model = model_.get(),
                 .lower_unet_priority =
                     parts_.unet ? parts_.unet->lower_priority : std::function<void()>(),
                 .executor = &workers_,
                 .store = &store_,
                 .hub = &hub_,
                 .frames = frames_.cache(),
                 .keeper = frames_.keeper(),
                 .finder = frames_.finder(),
                 .targeting = targeting_.get(),
                 .spans = spans_.get(),
                 .metrics = &metrics_,
                 .log = parts_.log,
                 .clock = parts_.clock,
                 .steady_clock = parts_.steady_clock,
                 .wait = &wait_,
                 .random = MakeRandom(options.log_star.seed)}),
      desk_({.settings = &settings_,
             .make_log_star = parts_.make_log_star,
             .front_of =
                 [this](const ResultPosition& position) -> absl::StatusOr<std::vector<FrontPoint>> {
               ASSIGN_OR_RETURN(const StoredResultPtr result, store_.Get(position));
               return DecodeFront(*result);
             },
             .audit = audit_.get(),
             .metrics = &metrics_,
             .clock = parts_.clock,
             .publish = [this](const SettingsChangePtr& change) { hub_.PublishSettings(change); },
             .reevaluate = [this] { pipeline_.Reevaluate(); }}),
      operations_(
          std::move(parts_.operations),
          {.health = options.health,
           .listen_address = options.listen_address,
           .shutdown_deadline = options.shutdown_deadline,
           .pipeline = &pipeline_,
           .history = &history_,
           .frames = &frames_,
           .targeting = targeting_.get(),
           .spans = spans_.get(),
           .hub = &hub_,
           .gate = &gate_,
           .on_reload = [this] { certificates_->LookSoon(); },
           .read_credentials =
               [this](const SecurityOptions& security, bool validate_only) {
                 return ReadCredentials(security, validate_only);
               },
           .set_credentials =
               [this](Credentials credentials) { SetCredentials(std::move(credentials)); },
           .steering = &desk_,
           .models = reloader_.get(),
           .audit = audit_.get(),
           .metrics = &operations_metrics_,
           .log = parts_.log,
           .clock = parts_.clock,
           .steady_clock = parts_.steady_clock,
           .lower_priority = parts_.unet ? parts_.unet->lower_priority : std::function<void()>()}),
      service_({.pipeline = &pipeline_,
                .hub = &hub_,
                .delivery = &delivery_,
                .store = &store_,
                .frames = frames_.finder(),
                .previews = frames_.previews(),
                .call_threads = frames_.call_threads(),
                .metrics = &metrics_,
                .settings = &settings_,
                .steady_clock = parts_.steady_clock,
                .models = reloader_.get(),
                .health = &operations_.health(),
                .trace_parents_malformed = operations_metrics_.trace_parents_malformed,
                .callers = &callers_,
                .log = parts_.log},
               {.version = kVersion, .start_time = parts_.clock->Now()}),
      steering_service_({.pipeline = &pipeline_,
                         .desk = &desk_,
                         .store = &store_,
                         .callers = &callers_,
                         .call_threads = frames_.call_threads()}),
      targeting_service_(targeting_.get(), &callers_, parts_.clock, parts_.steady_clock,
                         parts_.log),
      operations_service_(&operations_.reloader(), &callers_) {
  gate_.SetCredentials(std::make_shared<const Credentials>(std::move(parts_.credentials)));
  parts_.unet.reset();  // the holder alone keeps the model, so that a replaced one is freed
}

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(const DaemonOptions& options,
                                                      DaemonParts parts) {
  ASSIGN_OR_RETURN(SettingsPtr settings,
                   FirstSettings(options.log_star, parts.make_log_star, parts.clock->Now()));
  std::optional<OpenedJournal> journal;
  if (!options.history.path.empty()) {
    ASSIGN_OR_RETURN(journal, OpenJournal(options.history, parts.clock, parts.steady_clock));
  }
  std::unique_ptr<Daemon> daemon(
      new Daemon(options, std::move(parts), std::move(settings), std::move(journal)));
  RETURN_IF_ERROR(daemon->StartServers());
  return daemon;
}

absl::Status Daemon::StartServers() {
  RETURN_IF_ERROR(CheckExposure(options_.listen_address, options_.security));
  if (!IsLoopback(options_.listen_address) && !options_.security.tls) {
    parts_.log->Warning(absl::StrCat(
        "listen_address = ", options_.listen_address,
        ": security.insecure_remote: whoever reaches it can do everything, place the beam, too"));
  }
  if (!options_.metrics_address.empty() && !IsLoopback(options_.metrics_address)) {
    parts_.log->Warning(absl::StrCat("metrics_address = ", options_.metrics_address,
                                     ": is not loopback; whoever reaches it can read the metrics"));
  }
  ASSIGN_OR_RETURN(certificates_,
                   CertificateWatch::Create(CertificatesOf(options_, &certificate_metrics_),
                                            {.clock = parts_.clock, .log = parts_.log}));
  certificates_->Start(CertificatePeriod(options_));
  if (!options_.metrics_address.empty()) {
    ASSIGN_OR_RETURN(exposer_, PrometheusExposer::Start(options_.metrics_address, &registry_,
                                                        [this] { ShowAges(); }));
  }
  if (reloader_ != nullptr) {
    const ModelInfo model = reloader_->status().model;
    parts_.log->Info(absl::StrCat("U-Net model ", model.id, " (", model.members, " members) on ",
                                  model.device, ", ", model.precision));
  }
  if (targeting_ != nullptr) targeting_->Start();
  history_.Start();
  frames_.Start();
  pipeline_.Start();
  const std::vector<NamedService> services = {
      {v1::Analysis::service_full_name(), &service_},
      {v1::Steering::service_full_name(), &steering_service_},
      {v1::Targeting::service_full_name(), &targeting_service_},
      {v1::Operations::service_full_name(), &operations_service_}};
  ASSIGN_OR_RETURN(
      grpc_server_,
      GrpcServer::Start(
          {.listen_address = options_.listen_address,
           .max_message_mib = options_.max_message_mib,
           .tls = options_.security.tls,
           .certificates = [this] { return certificates_->newest(kServerCertificates); }},
          services, &guard_));
  operations_.Start(grpc_server_.get());
  parts_.log->Info(absl::StrCat("listening on ", options_.listen_address, " (port ", port(), ")"));
  return absl::OkStatus();
}

void Daemon::ShowAges() {
  pipeline_.ShowAges();
  hub_.ShowAge();
  history_.ShowAge();
  frames_.ShowAge();
  if (targeting_ != nullptr) targeting_->desk().ShowAge();
}

absl::Status Daemon::Reload(ReloadRequest request, ConfigReloader::Done done) {
  return operations_.reloader().Reload(std::move(request), std::move(done));
}

absl::StatusOr<Credentials> Daemon::ReadCredentials(const SecurityOptions& options,
                                                    bool validate_only) {
  absl::StatusOr<Credentials> credentials = LoadCredentials(options);
  if (!credentials.ok() && !validate_only) metrics_.security.reloads_refused->Increment();
  return credentials;
}

void Daemon::SetCredentials(Credentials credentials) {
  gate_.SetCredentials(std::make_shared<const Credentials>(std::move(credentials)));
  metrics_.security.reloads_ok->Increment();
  if (options_.security.tls) parts_.log->Info("the policy and the tokens were read anew");
}

bool Daemon::Shutdown() {
  shut_down_ = true;
  CloseReloads();  // so that nothing changes while the parts end
  const absl::Time deadline = absl::Now() + shutdown_deadline();
  // The beam at once: nothing may delay its being blanked, nor it that nobody sends work any more.
  std::thread blanking([this] {
    if (targeting_ != nullptr && !targeting_->Shutdown()) {
      parts_.log->Warning("THE BEAM MAY BE ON: it could not be blanked before the end");
    }
  });
  operations_.Drain();
  blanking.join();
  bool drained = pipeline_.Shutdown(deadline - kClosing);
  const bool appended = drained;  // else somebody may still append
  if (!frames_.Shutdown(deadline - kClosing)) drained = false;
  if (appended) {
    history_.Shutdown(parts_.steady_clock->Now() + (deadline - kClosing - absl::Now()));
  }
  if (!operations_.EndReloads(deadline - kClosing)) drained = false;
  spans_->Shutdown();
  hub_.Close();
  std::thread metrics_closer([this] { exposer_.reset(); });
  // Readers that keep up see UNAVAILABLE within the grace; the calls of the others are cancelled.
  if (grpc_server_ != nullptr) grpc_server_->Shutdown(kStreamGrace);
  metrics_closer.join();
  operations_.Shutdown();
  return drained;
}

Daemon::~Daemon() {
  if (!shut_down_) Shutdown();
  frames_.EndCalls();
}

}  // namespace atomstream
