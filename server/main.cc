// atomstreamd: finds atoms in live STEM frames and streams them to subscribers.
//
// SIGHUP changes to the U-Net model that the configuration file names now. Exit codes: 0 stopped by
// SIGTERM or SIGINT, 1 could not start, 2 bad flag, configuration or model, 3 the shutdown deadline
// passed with a frame unfinished.
#include <glog/logging.h>
#include <pthread.h>
#include <signal.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/allocation.h"
#include "opencv2/core.hpp"
#include "server/config/config.h"
#include "server/config/flags.h"
#include "server/daemon.h"
#include "server/log/glog_log.h"
#include "server/make_parts.h"
#include "server/version.h"

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

// Of the whole file only the unet block is taken over; yet all of it must be valid.
void ReloadModel(const std::string& config, const Clock* steady_clock, Daemon& daemon) {
  const absl::StatusOr<DaemonOptions> options = LoadConfig(config);
  if (!options.ok()) {
    daemon.RefuseModel(options.status());
  } else if (!options->unet) {
    daemon.RefuseModel(absl::InvalidArgumentError(
        absl::StrCat(config, ": unet.model: is empty; a running U-Net is not switched off")));
  } else {
    daemon.ReloadModel(
        [unet = *options->unet, steady_clock] { return LoadUnetModel(unet, steady_clock); });
  }
}

// Afterwards a second SIGTERM or SIGINT ends the process at once. A SIGHUP does not: it asks for a
// model, which nobody needs any more, and a manager may send it together with SIGTERM.
void ServeUntilTold(const sigset_t& signals, const std::string& config, const Clock* steady_clock,
                    Daemon& daemon) {
  while (true) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) {
      LOG(INFO) << "signal " << signal << ": shutting down";
      sigset_t ending = signals;
      sigdelset(&ending, SIGHUP);
      pthread_sigmask(SIG_UNBLOCK, &ending, nullptr);
      return;
    }
    LOG(INFO) << "SIGHUP: reading the policy, the tokens, and " << config
              << " for the U-Net's model";
    daemon.ReloadCredentials();
    ReloadModel(config, steady_clock, daemon);
  }
}

int Fail(const absl::Status& why, int exit_code) {
  std::cerr << "atomstreamd: " << why.message() << "\n";
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
  const absl::StatusOr<DaemonOptions> options = LoadConfig(flags->config);
  if (!options.ok()) return Fail(options.status(), 2);

  sigset_t signals;
  BlockSignals(&signals);
  cv::setNumThreads(1);  // our pool is the only owner of cores
  const SystemClock clock;
  const SteadyClock steady_clock;
  GlogLog log;
  absl::StatusOr<DaemonParts> parts = MakeParts(*options, &clock, &steady_clock, &log);
  if (!parts.ok()) return Fail(parts.status(), 2);
  if (flags->validate_only) {
    std::cout << flags->config << ": valid\n";
    return 0;
  }
  const auto daemon = Daemon::Start(*options, *std::move(parts));
  if (!daemon.ok()) return Fail(daemon.status(), 1);
  ServeUntilTold(signals, flags->config, &steady_clock, **daemon);
  if (!(*daemon)->Shutdown()) {
    LOG(WARNING) << "the shutdown deadline passed with a frame or a model unfinished";
    google::FlushLogFiles(google::INFO);
    std::_Exit(3);
  }
  LOG(INFO) << "stopped";
  return 0;
}

}  // namespace
}  // namespace atomstream

int main(int argc, char** argv) {
  atomstream::KeepFreedMemory();
  FLAGS_logtostderr = true;
  google::InitGoogleLogging(argv[0]);
  return atomstream::Main(argc, argv);
}
