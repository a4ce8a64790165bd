#include "tests/bench/delivery/bench_daemon.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/daemon.h"
#include "tests/fakes/fake_log_star.h"
#include "tests/fakes/test_frames.h"

namespace atomstream::bench {
namespace {

// A frame every 1 / rate_hz, as a microscope gives them: one that nobody took in time is late, none
// is left out.
class PacedSource final : public FrameSource {
 public:
  explicit PacedSource(double rate_hz) : period_(absl::Seconds(1 / rate_hz)) {}

  absl::StatusOr<std::shared_ptr<const Frame>> Next() override {
    MutexLock lock(&mutex_);
    if (number_ == 0) due_ = clock_.Now();
    while (!cancelled_ && clock_.Now() < due_) {
      changed_.WaitWithTimeout(&mutex_, due_ - clock_.Now());
    }
    if (cancelled_) return absl::CancelledError();
    due_ += period_;
    return MakeFrame(++number_);
  }
  void Cancel() override {
    MutexLock lock(&mutex_);
    cancelled_ = true;
    changed_.NotifyAll();
  }
  std::string Description() const override { return "bench"; }

 private:
  const SteadyClock clock_;
  const absl::Duration period_;
  Mutex mutex_;
  CondVar changed_;
  absl::Time due_ ABSL_GUARDED_BY(mutex_);
  int64_t number_ ABSL_GUARDED_BY(mutex_) = 0;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

FakeLogStar::Body FindAtoms(int atoms) {
  LogStarResult result;
  for (int i = 0; i < atoms; ++i) {
    result.atoms.push_back({.x_px = static_cast<float>(i % 500), .y_px = static_cast<float>(i)});
  }
  result.front = MakeFakeFront(30);
  result.chosen = 0;
  result.chosen_by = "knee";
  return
      [result](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> { return result; };
}

}  // namespace

absl::Status BenchDaemon::Serve(const BenchDaemonOptions& options) {
  const SystemClock clock;
  const SteadyClock steady_clock;
  SilentLog log;
  DaemonOptions daemon_options;
  daemon_options.listen_address = "127.0.0.1:0";
  daemon_options.metrics_address = "";
  daemon_options.history.max_results = options.history;
  daemon_options.history.path = options.store;
  daemon_options.structure.reset();
  daemon_options.max_subscribers = 1024;
  DaemonParts parts;
  parts.make_log_star = FakeFactory(FindAtoms(options.atoms));
  parts.source = std::make_unique<PacedSource>(options.rate_hz);
  parts.clock = &clock;
  parts.steady_clock = &steady_clock;
  parts.log = &log;
  ASSIGN_OR_RETURN(const std::unique_ptr<Daemon> daemon,
                   Daemon::Start(daemon_options, std::move(parts)));
  std::printf("%d\n", daemon->port());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<BenchDaemon>> BenchDaemon::Start(const BenchDaemonOptions& options) {
  int input[2], output[2];
  if (pipe(input) != 0 || pipe(output) != 0) return absl::InternalError("no pipe");
  std::vector<std::string> words = {"atomstream-bench",
                                    "delivery",
                                    "--serve",
                                    absl::StrCat("--rate=", options.rate_hz),
                                    absl::StrCat("--atoms=", options.atoms),
                                    absl::StrCat("--history=", options.history)};
  if (!options.store.empty()) words.push_back("--store=" + options.store);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) return absl::InternalError("cannot fork");
  if (pid == 0) {
    dup2(input[0], STDIN_FILENO);
    dup2(output[1], STDOUT_FILENO);
    for (const int end : {input[0], input[1], output[0], output[1]}) close(end);
    execv("/proc/self/exe", argv.data());
    _exit(127);
  }
  close(input[0]);
  close(output[1]);
  std::FILE* out = fdopen(output[0], "r");
  int port = 0;
  const bool told = std::fscanf(out, "%d", &port) == 1;
  std::fclose(out);
  std::unique_ptr<BenchDaemon> daemon(
      new BenchDaemon(pid, input[1], absl::StrCat("127.0.0.1:", port)));
  if (!told) return absl::InternalError("the daemon did not start");
  return daemon;
}

BenchDaemon::~BenchDaemon() {
  close(input_);
  waitpid(pid_, nullptr, 0);
}

int64_t BenchDaemon::ResidentBytes() const {
  std::ifstream file(absl::StrCat("/proc/", pid_, "/statm"));
  int64_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace atomstream::bench
