#include "server/config/flags.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace atomstream {

const char kDaemonUsage[] =
    "atomstreamd --config=FILE [--validate_only]\n"
    "\n"
    "  --config         the configuration; proto/atomstream/config/v1/daemon_config.proto "
    "explains\n"
    "                   its fields, config/*.textproto are files to start from\n"
    "  --validate_only  check the configuration and the model and exit; no port is opened\n"
    "  --print_metrics  print what /metrics gives, as Markdown, and exit\n"
    "  --wedge_while    for drills only: a worker hangs while the file of this name is there\n"
    "  --version        print the version and exit\n"
    "  --help           print this and exit\n"
    "\n"
    "SIGHUP: read FILE and the files that it names again; what is wrong changes nothing, and what\n"
    "needs a restart is named in the log.\n"
    "Exit codes: 0 stopped by SIGTERM or SIGINT, 1 could not start, 2 bad flag, configuration or\n"
    "model, 3 the shutdown deadline passed with a frame unfinished. The log goes to standard "
    "error.\n";

absl::StatusOr<Flags> ParseFlags(int argc, const char* const* argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    if (argument == "--validate_only") {
      flags.validate_only = true;
    } else if (argument == "--print_metrics") {
      flags.print_metrics = true;
    } else if (argument == "--version") {
      flags.version = true;
    } else if (argument == "--help" || argument == "-h") {
      flags.help = true;
    } else if (argument == "--config" && i + 1 < argc) {
      flags.config = argv[++i];
    } else if (absl::ConsumePrefix(&argument, "--config=")) {
      flags.config = std::string(argument);
    } else if (absl::ConsumePrefix(&argument, "--wedge_while=") && !argument.empty()) {
      flags.wedge_while = std::string(argument);
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat(argv[i], ": unknown flag or missing value; see --help"));
    }
  }
  if (flags.config.empty() && !flags.print_metrics && !flags.version && !flags.help) {
    return absl::InvalidArgumentError("--config: must name a configuration file; see --help");
  }
  return flags;
}

}  // namespace atomstream
