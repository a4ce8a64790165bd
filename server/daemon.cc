#include "server/daemon.h"

#include <algorithm>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
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
  const ReplayOptions* replay = std::get_if<ReplayOptions>(&options.source);
  result.source_waits = replay != nullptr && replay->rate_hz == 0;
  return result;
}

std::function<double()> MakeRandom(uint64_t seed) {
  return [engine = std::mt19937_64(seed)]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(engine);
  };
}

bool IsLoopback(const std::string& address) {
  return absl::StartsWith(address, "127.") || absl::StartsWith(address, "localhost:") ||
         absl::StartsWith(address, "[::1]:");
}

}  // namespace

Daemon::Daemon(const DaemonOptions& options, DaemonParts parts)
    : options_(options),
      parts_(std::move(parts)),
      metrics_(registry_, kVersion),
      workers_(PoolThreads(options.worker_threads)),
      store_(MakeEpoch(), options.max_results),
      hub_(options.max_subscribers, &metrics_),
      pipeline_(PipelineOptionsOf(options), {.source = parts_.source.get(),
                                             .log_star = parts_.log_star.get(),
                                             .executor = &workers_,
                                             .store = &store_,
                                             .hub = &hub_,
                                             .metrics = &metrics_,
                                             .log = parts_.log,
                                             .clock = parts_.clock,
                                             .steady_clock = parts_.steady_clock,
                                             .wait = &wait_,
                                             .random = MakeRandom(options.log_star.seed)}),
      service_({.pipeline = &pipeline_, .hub = &hub_, .store = &store_, .metrics = &metrics_},
               {.version = kVersion,
                .start_time = parts_.clock->Now(),
                .material = options.log_star.material,
                .custom_materials = options.log_star.custom_materials,
                .detectors = {"log_star"}}) {}

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(const DaemonOptions& options,
                                                      DaemonParts parts) {
  std::unique_ptr<Daemon> daemon(new Daemon(options, std::move(parts)));
  RETURN_IF_ERROR(daemon->StartServers());
  return daemon;
}

absl::Status Daemon::StartServers() {
  if (!IsLoopback(options_.listen_address)) {
    parts_.log->Warning(absl::StrCat("listen_address = ", options_.listen_address,
                                     ": is not loopback; whoever reaches it can use the daemon"));
  }
  if (!options_.metrics_address.empty() && !IsLoopback(options_.metrics_address)) {
    parts_.log->Warning(absl::StrCat("metrics_address = ", options_.metrics_address,
                                     ": is not loopback; whoever reaches it can read the metrics"));
  }
  if (!options_.metrics_address.empty()) {
    ASSIGN_OR_RETURN(exposer_, PrometheusExposer::Start(options_.metrics_address, &registry_));
  }
  pipeline_.Start();
  ASSIGN_OR_RETURN(grpc_server_,
                   GrpcServer::Start({.listen_address = options_.listen_address,
                                      .service_name = v1::Analysis::service_full_name(),
                                      .max_message_mib = options_.max_message_mib},
                                     &service_));
  parts_.log->Info(absl::StrCat("listening on ", options_.listen_address, " (port ", port(), ")"));
  return absl::OkStatus();
}

bool Daemon::Shutdown() {
  shut_down_ = true;
  const absl::Time deadline = absl::Now() + options_.shutdown_deadline;
  if (grpc_server_ != nullptr) grpc_server_->StopServing();
  const bool drained = pipeline_.Shutdown(deadline - kClosing);
  hub_.Close();
  std::thread metrics_closer([this] { exposer_.reset(); });
  // Readers that keep up see UNAVAILABLE within the grace; the calls of the others are cancelled.
  if (grpc_server_ != nullptr) grpc_server_->Shutdown(kStreamGrace);
  metrics_closer.join();
  return drained;
}

Daemon::~Daemon() {
  if (!shut_down_) Shutdown();
}

}  // namespace atomstream
