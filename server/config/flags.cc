#include "server/config/flags.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace atomstream {

absl::StatusOr<Flags> ParseFlags(int argc, const char* const* argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    if (argument == "--validate_only") {
      flags.validate_only = true;
    } else if (argument == "--version") {
      flags.version = true;
    } else if (argument == "--config" && i + 1 < argc) {
      flags.config = argv[++i];
    } else if (absl::ConsumePrefix(&argument, "--config=")) {
      flags.config = std::string(argument);
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat(argv[i],
                       ": is not known; usage: atomstreamd --config=FILE "
                       "[--validate_only] | --version"));
    }
  }
  if (flags.config.empty() && !flags.version) {
    return absl::InvalidArgumentError("--config: must name a configuration file");
  }
  return flags;
}

}  // namespace atomstream
