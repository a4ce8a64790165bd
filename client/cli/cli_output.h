// CliOutput: where the command line client prints. Plain data.
#ifndef ATOMSTREAM_CLIENT_CLI_CLI_OUTPUT_H_
#define ATOMSTREAM_CLIENT_CLI_CLI_OUTPUT_H_

#include <ostream>

#include "client/cli/text_style.h"

namespace atomstream {

struct CliOutput {
  std::ostream& out;
  std::ostream& err;
  TextStyle style;  // of `out`
  bool err_is_terminal = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_CLI_OUTPUT_H_
