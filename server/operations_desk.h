// OperationsDesk: what keeps the daemon in good order while it runs: the health of its components,
// and its configuration read anew.
//
// Owned by the daemon, made after everything that it looks at and changes, ended before. Reload and
// health() may be called by any thread; the rest belongs to the daemon's.
#ifndef ATOMSTREAM_SERVER_OPERATIONS_DESK_H_
#define ATOMSTREAM_SERVER_OPERATIONS_DESK_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/base/interruptible_wait.h"
#include "server/frame_desk.h"
#include "server/health/health_monitor.h"
#include "server/health/listener_probe.h"
#include "server/hub/result_hub.h"
#include "server/log/stream_log.h"
#include "server/metrics/operations_metrics.h"
#include "server/pipeline.h"
#include "server/reload/config_reloader.h"
#include "server/security/call_gate.h"
#include "server/service/grpc_server.h"
#include "server/store/history.h"
#include "server/targeting/targeting.h"
#include "server/trace/span_writer.h"

namespace atomstream {

// What main gives for it; tests may leave all of it out.
struct OperationsParts {
  ConfigSource config;
  std::function<absl::StatusOr<UnetModel>(const UnetServiceOptions&)> load_model;
  std::function<absl::Status(const DaemonOptions&)> check_files;
  StreamLog* stream_log = nullptr;  // whose options can be reloaded; null: there is none
  // Told of every check, once a second: for a service manager. Must not wait for long.
  std::function<void(const HealthReport&)> on_health;
};

// All outlive the desk.
struct OperationsDependencies {
  HealthOptions health;
  std::string listen_address;  // as it is configured
  absl::Duration shutdown_deadline;
  Pipeline* pipeline = nullptr;
  History* history = nullptr;
  FrameDesk* frames = nullptr;
  Targeting* targeting = nullptr;  // null: switched off
  SpanWriter* spans = nullptr;
  ResultHub* hub = nullptr;
  CallGate* gate = nullptr;
  // See ConfigReloaderDependencies.
  std::function<void()> on_reload;
  std::function<absl::StatusOr<Credentials>(const SecurityOptions&, bool)> read_credentials;
  // Who may call, from now on.
  std::function<void(Credentials)> set_credentials;
  SteeringDesk* steering = nullptr;
  ModelReloader* models = nullptr;  // null: no U-Net
  AuditLog* audit = nullptr;
  OperationsMetrics* metrics = nullptr;
  EventLog* log = nullptr;
  const Clock* clock = nullptr;
  const Clock* steady_clock = nullptr;
  std::function<void()> lower_priority;  // of the reloading thread; may be empty
};

class OperationsDesk {
 public:
  OperationsDesk(OperationsParts parts, OperationsDependencies dependencies);

  // Health is shown by `server`, which outlives Shutdown, from now on.
  void Start(GrpcServer* server);

  // Not ready from now on, and the server says so before this returns.
  void Drain() { monitor_.Drain(); }

  // No reload changes anything any more.
  void CloseReloads() { reloader_.Close(); }

  // False: a reload still runs.
  bool EndReloads(absl::Time deadline) { return reloader_.Shutdown(deadline); }

  // Health is no longer looked at.
  void Shutdown() { monitor_.Shutdown(); }

  // From the order to end to the end of the process, as it is configured now. Any thread.
  absl::Duration shutdown_deadline() const { return absl::Milliseconds(shutdown_ms_.load()); }

  ConfigReloader& reloader() { return reloader_; }
  HealthMonitor& health() { return monitor_; }

 private:
  void OnHealth(const HealthReport& report);
  // On the reloading thread. Every part takes its new options over at once, under its own lock;
  // none can refuse them, none waits for a frame or the disk.
  void Apply(const DaemonOptions& options, Credentials credentials);
  // What changed since the last check, for a person.
  void TellChanges(const HealthReport& report);

  const OperationsParts parts_;
  const OperationsDependencies deps_;
  RealWait wait_;
  // These four with the monitor's lock: see HealthDependencies::on_check.
  GrpcServer* server_ = nullptr;
  absl::StatusOr<std::unique_ptr<ListenerProbe>> probe_ = absl::UnavailableError("no port yet");
  std::map<std::string, bool> serving_;
  LogCounts told_;
  std::atomic<int64_t> shutdown_ms_;  // any thread
  HealthMonitor monitor_;
  ConfigReloader reloader_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_OPERATIONS_DESK_H_
