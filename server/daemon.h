// Daemon: all parts of atomstreamd in one object: store, hub, model, pipeline, metrics and the gRPC
// server.
//
// Start brings them up in the order store, hub, model, metrics server, pipeline, gRPC server, so
// that nobody is answered by half a daemon; Shutdown drains the pipeline first, then closes hub and
// ports. Owned by main; Start, Shutdown and the destructor belong to one thread, the rest may be
// called by any.
#ifndef ATOMSTREAM_SERVER_DAEMON_H_
#define ATOMSTREAM_SERVER_DAEMON_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/base/interruptible_wait.h"
#include "core/base/thread_pool.h"
#include "server/audit/audit_log.h"
#include "server/config/daemon_options.h"
#include "server/delivery/delivery_desk.h"
#include "server/frame_desk.h"
#include "server/hub/result_hub.h"
#include "server/inference/model_reloader.h"
#include "server/inference/unet_model.h"
#include "server/log/event_log.h"
#include "server/metrics/certificate_metrics.h"
#include "server/metrics/daemon_metrics.h"
#include "server/metrics/operations_metrics.h"
#include "server/metrics/prometheus_exposer.h"
#include "server/operations_desk.h"
#include "server/pipeline.h"
#include "server/security/active_callers.h"
#include "server/security/call_gate.h"
#include "server/security/certificate_watch.h"
#include "server/service/analysis_service.h"
#include "server/service/call_guard.h"
#include "server/service/grpc_server.h"
#include "server/service/operations_service.h"
#include "server/service/steering_service.h"
#include "server/service/targeting_service.h"
#include "server/source/frame_source.h"
#include "server/steering/active_settings.h"
#include "server/steering/steering_desk.h"
#include "server/store/history.h"
#include "server/targeting/beam_control.h"
#include "server/targeting/targeting.h"
#include "server/trace/span_writer.h"

namespace atomstream {

// The U-Net that serves first.
struct UnetParts {
  UnetModel model;
  // Called by the inference and the loading thread before anything else; may be empty.
  std::function<void()> lower_priority;
};

// What tests replace. The clocks and `log` outlive the daemon.
struct DaemonParts {
  LogStarFactory make_log_star;
  std::optional<UnetParts> unet;        // none: LoG* only
  std::unique_ptr<FrameSource> source;  // null: none
  std::unique_ptr<BeamControl> beam;    // null: there is no microscope to visit targets with
  Credentials credentials;              // with TLS: who may call
  OperationsParts operations;
  const Clock* clock = nullptr;         // for stamps
  const Clock* steady_clock = nullptr;  // for durations
  EventLog* log = nullptr;
};

class Daemon {
 public:
  // Unavailable when an address cannot be bound; nothing is left running then. InvalidArgument: the
  // audit log's file, a certificate, or what the factory refuses. The errors of OpenJournal.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(const DaemonOptions& options,
                                                       DaemonParts parts);
  ~Daemon();  // shuts down; waits for work that has begun

  int port() const { return grpc_server_->port(); }
  int metrics_port() const { return exposer_ == nullptr ? 0 : exposer_->port(); }

  // Reads the configuration anew: see ConfigReloader::Reload.
  absl::Status Reload(ReloadRequest request, ConfigReloader::Done done);

  // No reload changes anything any more, so that shutdown_deadline() stays as it is. Shutdown does
  // it, too.
  void CloseReloads() { operations_.CloseReloads(); }

  // As it is configured now.
  absl::Duration shutdown_deadline() const { return operations_.shutdown_deadline(); }

  // Ends visits and blanks the beam, stops admission, cancels the source, finishes the frames
  // inside, ends every stream with UNAVAILABLE and closes the ports, all within
  // shutdown_deadline(). True: everything has ended. False: a frame is still being worked on,
  // or a model loaded; the process should end without destructors.
  bool Shutdown();

 private:
  Daemon(const DaemonOptions& options, DaemonParts parts, SettingsPtr settings,
         std::optional<OpenedJournal> journal);
  absl::Status StartServers();
  // Before each scrape: what grows while nothing happens.
  void ShowAges();
  // Counts a refusal.
  absl::StatusOr<Credentials> ReadCredentials(const SecurityOptions& options, bool validate_only);
  void SetCredentials(Credentials credentials);

  const DaemonOptions options_;
  DaemonParts parts_;
  MetricRegistry registry_;
  DaemonMetrics metrics_;
  OperationsMetrics operations_metrics_;
  CertificateMetrics certificate_metrics_;
  ThreadPool workers_;
  RealWait wait_;
  History history_;
  ResultStore& store_;  // history_'s
  FrameDesk frames_;
  ResultHub hub_;
  DeliveryDesk delivery_;
  const std::unique_ptr<ModelHolder> model_;  // these two null: no U-Net
  const std::unique_ptr<ModelReloader> reloader_;
  SettingsHolder settings_;
  const std::unique_ptr<AuditLog> audit_;
  CallGate gate_;
  ActiveCallers callers_;
  RequestIds request_ids_;
  CallGuard guard_;
  const std::unique_ptr<Targeting> targeting_;  // null: switched off
  const std::unique_ptr<SpanWriter> spans_;
  Pipeline pipeline_;
  SteeringDesk desk_;
  OperationsDesk operations_;
  AnalysisService service_;
  SteeringService steering_service_;
  TargetingService targeting_service_;
  OperationsService operations_service_;
  std::unique_ptr<CertificateWatch> certificates_;
  std::unique_ptr<PrometheusExposer> exposer_;
  std::unique_ptr<GrpcServer> grpc_server_;
  bool shut_down_ = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_DAEMON_H_
