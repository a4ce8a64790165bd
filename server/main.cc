// atomstreamd: finds atoms in live STEM frames and streams them to subscribers.
//
// SIGHUP reads the configuration file anew: see server/reload. Exit codes: 0 stopped by
// SIGTERM or SIGINT, 1 could not start, 2 bad flag, configuration or model, 3 the shutdown deadline
// passed with a frame unfinished.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/allocation.h"
#include "opencv2/core.hpp"
#include "server/config/config.h"
#include "server/config/flags.h"
#include "server/daemon.h"
#include "server/daemon_certificates.h"
#include "server/log/glog_sink.h"
#include "server/log/grpc_log.h"
#include "server/log/journal_stream.h"
#include "server/log/protobuf_log.h"
#include "server/log/stream_log.h"
#include "server/make_parts.h"
#include "server/metrics/metric_catalogue.h"
#include "server/notify/service_notifier.h"
#include "server/security/descriptor_limit.h"
#include "server/version.h"
#include "server/wedge.h"

namespace atomstream {
namespace {

// Before any thread starts, so that all of them leave these signals to ServeUntilTold.
void BlockSignals(sigset_t* signals) {
  sigemptyset(signals);
  sigaddset(signals, SIGTERM);
  sigaddset(signals, SIGINT);
  sigaddset(signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, signals, nullptr);
}

// Afterwards a second SIGTERM or SIGINT ends the process at once. A SIGHUP does not: it asks for a
// configuration, which nobody needs any more, and a manager may send it together with SIGTERM.
void ServeUntilTold(const sigset_t& signals, ServiceNotifier& manager, EventLog& log,
                    Daemon& daemon) {
  while (true) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) {
      log.Info(absl::StrCat("signal ", signal, ": shutting down"));
      sigset_t ending = signals;
      sigdelset(&ending, SIGHUP);
      pthread_sigmask(SIG_UNBLOCK, &ending, nullptr);
      return;
    }
    log.Info("SIGHUP: reading the configuration anew");
    manager.Reloading();
    ReloadRequest request;
    request.call.name = "configuration";
    request.call.address = "SIGHUP";
    const absl::Status accepted =
        daemon.Reload(std::move(request), [&manager](const absl::StatusOr<ReloadOutcome>& outcome) {
          manager.Ready(outcome.ok() ? "serving" : "serving; the new configuration was refused");
        });
    if (!accepted.ok()) {
      log.Warning(absl::StrCat("SIGHUP: ", accepted.message()));
      manager.Ready("serving");
    }
  }
}

// For a manager that restarts a daemon that does not get on.
void ReportProgress(const HealthReport& report, ServiceNotifier& manager) {
  const ComponentHealth* stuck = report.stuck();
  manager.Report(stuck == nullptr,
                 stuck == nullptr ? "" : absl::StrCat(stuck->name, ": ", stuck->detail));
}

bool LogsToJournal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  return LeadsToJournal(STDERR_FILENO, stream == nullptr ? "" : stream);
}

int Fail(const absl::Status& why, int exit_code) {
  std::cerr << (LogsToJournal() ? "<3>" : "") << "atomstreamd: " << why.message() << "\n";
  return exit_code;
}

int Main(int argc, char** argv) {
  const absl::StatusOr<Flags> flags = ParseFlags(argc, argv);
  if (!flags.ok()) return Fail(flags.status(), 2);
  if (flags->help) {
    std::cout << kDaemonUsage;
    return 0;
  }
  if (flags->version) {
    std::cout << "atomstreamd " << kVersion << "\n";
    return 0;
  }
  if (flags->print_metrics) {
    std::cout << MarkdownTables(DaemonCatalogue());
    return 0;
  }
  absl::StatusOr<LoadedConfig> loaded = LoadConfigFile(flags->config);
  if (!loaded.ok()) return Fail(loaded.status(), 2);
  const DaemonOptions& options = loaded->options;

  sigset_t signals;
  BlockSignals(&signals);
  cv::setNumThreads(1);  // our pool is the only owner of cores
  const SystemClock clock;
  const SteadyClock steady_clock;
  StreamLog log(STDERR_FILENO, options.log, &clock, LogsToJournal());
  const GlogSink libraries(argv[0], &log);
  const ProtobufLog protobuf(&log);
  const GrpcLog grpc(&log);
  ServiceNotifier manager(NotifyOptionsFromEnvironment(&std::getenv, getpid()), &steady_clock,
                          &log);
  ConfigSource source{flags->config, loaded->config, StampOfModel(options.unet)};
  absl::StatusOr<DaemonParts> parts = MakeParts(options, &clock, &steady_clock, &log);
  if (!parts.ok()) return Fail(parts.status(), 2);
  if (flags->validate_only) {
    for (const std::string& warning : CertificateWarnings(options, clock.Now())) {
      std::cerr << "atomstreamd: warning: " << warning << "\n";
    }
    std::cout << flags->config << ": valid\n";
    return 0;
  }
  if (!flags->wedge_while.empty()) {
    log.Warning(absl::StrCat("A DRILL, NOT FOR WORK: --wedge_while: a worker hangs while ",
                             flags->wedge_while, " is there"));
    parts->make_log_star = WithWedge(std::move(parts->make_log_star), flags->wedge_while);
  }
  parts->operations.config = std::move(source);
  parts->operations.stream_log = &log;
  parts->operations.on_health = [&manager](const HealthReport& report) {
    ReportProgress(report, manager);
  };
  const auto daemon = Daemon::Start(options, *std::move(parts));
  if (!daemon.ok()) return Fail(daemon.status(), 1);
  manager.Ready("serving");
  ServeUntilTold(signals, manager, log, **daemon);
  (*daemon)->CloseReloads();  // else one could raise what the manager is told
  manager.Stopping((*daemon)->shutdown_deadline());
  if (!(*daemon)->Shutdown()) {
    log.Warning("the shutdown deadline passed with a frame or a model unfinished");
    log.Flush(absl::Now() + LineWriter::kFarewell);
    std::_Exit(3);
  }
  log.Info("stopped");
  return 0;
}

}  // namespace
}  // namespace atomstream

int main(int argc, char** argv) {
  atomstream::KeepFreedMemory();
  atomstream::RaiseDescriptorLimit();
  return atomstream::Main(argc, argv);
}
