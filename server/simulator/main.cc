// atomstream-sim: a microscope that is not there. Streams rendered frames with exact positions, and
// misbehaves when told to.
#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/flag_set.h"
#include "server/simulator/simulator_options.h"
#include "server/simulator/simulator_server.h"

namespace atomstream {
namespace {

constexpr int kExitUsage = 2;

int Run(const std::vector<std::string>& arguments) {
  // Before any thread starts, so that all of them leave the signals to sigwait.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  if (arguments.size() == 1 && arguments.front() == "--version") {
    std::cout << "atomstream-sim " << ATOMSTREAM_VERSION << "\n";
    return 0;
  }
  SimulatorOptions options;
  FlagSet flags("atomstream-sim [flags]: serves atomstream.v1.Microscope from a simulation");
  AddSimulatorFlags(flags, options);
  const absl::StatusOr<std::vector<std::string>> rest = flags.Parse(arguments);
  if (flags.help_requested()) {
    std::cout << flags.Help();
    return 0;
  }
  if (!rest.ok() || !rest->empty()) {
    std::cerr << "atomstream-sim: "
              << (rest.ok() ? "unexpected argument: " + rest->front()
                            : std::string(rest.status().message()))
              << "\n";
    return kExitUsage;
  }
  const SystemClock clock;
  absl::StatusOr<std::unique_ptr<SimulatorServer>> server = SimulatorServer::Start(options, &clock);
  if (!server.ok()) {
    std::cerr << "atomstream-sim: " << server.status().message() << "\n";
    return server.status().code() == absl::StatusCode::kUnavailable ? 1 : kExitUsage;
  }
  std::cout << "atomstream-sim: " << options.material << ", " << options.size_px << " px, "
            << options.pixel_size_nm << " nm/px, noise " << options.noise << ", serving on "
            << (*server)->address() << std::endl;
  int signal = 0;
  sigwait(&signals, &signal);
  (*server)->Stop();
  return 0;
}

}  // namespace
}  // namespace atomstream

int main(int argc, char** argv) {
  return atomstream::Run(std::vector<std::string>(argv + 1, argv + argc));
}
