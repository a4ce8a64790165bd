// The daemon's command line: everything else is in the configuration file.
#ifndef ATOMSTREAM_SERVER_CONFIG_FLAGS_H_
#define ATOMSTREAM_SERVER_CONFIG_FLAGS_H_

#include <string>

#include "absl/status/statusor.h"

namespace atomstream {

struct Flags {
  std::string config;          // --config=FILE, unless --print_metrics, --version, --help
  bool validate_only = false;  // --validate_only: check the configuration and exit
  bool print_metrics = false;  // --print_metrics: the tables of docs/operations.md
  bool version = false;        // --version
  bool help = false;           // --help
  std::string wedge_while;     // --wedge_while=FILE, for drills only: see server/wedge.h
};

// What --help prints.
extern const char kDaemonUsage[];

// Accepts "--config=FILE" and "--config FILE". InvalidArgument names the argument.
absl::StatusOr<Flags> ParseFlags(int argc, const char* const* argv);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CONFIG_FLAGS_H_
