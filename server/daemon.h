// Daemon: all parts of atomstreamd in one object: store, hub, pipeline, metrics and the gRPC
// server.
//
// Start brings them up in the order store, hub, metrics server, pipeline, gRPC server, so that
// nobody is answered by half a daemon; Shutdown drains the pipeline first, then closes hub and
// ports. Owned by main; Start, Shutdown and the destructor belong to one thread.
#ifndef ATOMSTREAM_SERVER_DAEMON_H_
#define ATOMSTREAM_SERVER_DAEMON_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/base/thread_pool.h"
#include "detectors/log_star/log_star.h"
#include "server/config/daemon_options.h"
#include "server/hub/result_hub.h"
#include "server/ingest/interruptible_wait.h"
#include "server/log/event_log.h"
#include "server/metrics/daemon_metrics.h"
#include "server/metrics/prometheus_exposer.h"
#include "server/pipeline.h"
#include "server/service/analysis_service.h"
#include "server/service/grpc_server.h"
#include "server/source/frame_source.h"
#include "server/store/memory_store.h"

namespace atomstream {

// What tests replace. The clocks and `log` outlive the daemon.
struct DaemonParts {
  std::unique_ptr<LogStar> log_star;
  std::unique_ptr<FrameSource> source;  // null: none
  const Clock* clock = nullptr;         // for stamps
  const Clock* steady_clock = nullptr;  // for durations
  EventLog* log = nullptr;
};

class Daemon {
 public:
  // Unavailable when an address cannot be bound; nothing is left running then.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(const DaemonOptions& options,
                                                       DaemonParts parts);
  ~Daemon();  // shuts down; waits for work that has begun

  int port() const { return grpc_server_->port(); }
  int metrics_port() const { return exposer_ == nullptr ? 0 : exposer_->port(); }

  // Stops admission, cancels the source, finishes the frames inside, ends every stream with
  // UNAVAILABLE and closes the ports, all within options.shutdown_deadline. True: everything has
  // ended. False: a frame is still being worked on; the process should end without destructors.
  bool Shutdown();

 private:
  Daemon(const DaemonOptions& options, DaemonParts parts);
  absl::Status StartServers();

  const DaemonOptions options_;
  const DaemonParts parts_;
  MetricRegistry registry_;
  DaemonMetrics metrics_;
  ThreadPool workers_;
  RealWait wait_;
  MemoryStore store_;
  ResultHub hub_;
  Pipeline pipeline_;
  AnalysisService service_;
  std::unique_ptr<PrometheusExposer> exposer_;
  std::unique_ptr<GrpcServer> grpc_server_;
  bool shut_down_ = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_DAEMON_H_
