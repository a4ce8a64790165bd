// atomstream: the command line client of the daemon.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "client/cli/cli_command.h"
#include "client/cli/convert_command.h"
#include "core/base/escaped_text.h"

namespace atomstream {
namespace {

constexpr char kUsage[] =
    "atomstream COMMAND [flags]\n"
    "\n"
    "Commands:\n"
    "  watch            live results, one line a frame\n"
    "  analyze FILE...  send NPY and TIFF frames to the daemon and print what it found\n"
    "  history          the kept results, one line each\n"
    "  get FRAME_ID     one of them with all that was found\n"
    "  status           the state of the daemon\n"
    "  health           whether the daemon serves, for scripts and probes\n"
    "  export           one analysed frame as a picture, or many results as a file\n"
    "  pareto           the Pareto front of a frame, and the hyper-parameter map\n"
    "  steer            select a solution of the front, change settings\n"
    "  reload           the daemon reads its configuration anew\n"
    "  targets          sites that meet criteria, once or frame by frame\n"
    "  visit TARGET...  put the beam on targets\n"
    "  visits           the dose ledger\n"
    "  convert-atomai   make a model folder of a Unet that AtomAI saved\n"
    "\n"
    "atomstream COMMAND --help lists a command's flags, atomstream --version tells the version.\n"
    "Flags are --name=value or --name value; - and _ in names are the same.\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage.\n";

int Run(const std::vector<std::string>& arguments) {
  const char* no_colour = std::getenv("NO_COLOR");
  const bool colour = isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
  const CliOutput output{std::cout, std::cerr, TextStyle{colour}, isatty(STDERR_FILENO) == 1};
  const std::string command = arguments.empty() ? "" : arguments.front();
  if (command == "--help" || command == "-h" || command == "help") {
    std::cout << kUsage;
    return kExitOk;
  }
  if (command == "--version") {
    std::cout << "atomstream " << ATOMSTREAM_VERSION << "\n";
    return kExitOk;
  }
  const std::vector<std::string> rest(arguments.begin() + (arguments.empty() ? 0 : 1),
                                      arguments.end());
  if (command == "watch") return WatchCommand(rest, output);
  if (command == "analyze") return AnalyzeCommand(rest, output);
  if (command == "history") return HistoryCommand(rest, output);
  if (command == "get") return GetCommand(rest, output);
  if (command == "status") return StatusCommand(rest, output);
  if (command == "health") return HealthCommand(rest, output);
  if (command == "export") return ExportCommand(rest, output);
  if (command == "pareto") return ParetoCommand(rest, output);
  if (command == "steer") return SteerCommand(rest, output);
  if (command == "reload") return ReloadCommand(rest, output);
  if (command == "targets") return TargetsCommand(rest, output);
  if (command == "visit") return VisitCommand(rest, output);
  if (command == "visits") return VisitsCommand(rest, output);
  if (command == "convert-atomai") return ConvertAtomaiCommand(rest, std::cerr);
  std::cerr << "atomstream: " << (command.empty() ? "no command given" : "unknown command: ")
            << Printable(command) << "\n\n"
            << kUsage;
  return kExitUsage;
}

}  // namespace
}  // namespace atomstream

int main(int argc, char** argv) {
  return atomstream::Run(std::vector<std::string>(argv + 1, argv + argc));
}
