// `atomstream convert-atomai`: hands over to the Python package of client/python, which reads what
// AtomAI saved. Needs neither gRPC nor a daemon. Used on the main thread.
#ifndef ATOMSTREAM_CLIENT_CLI_CONVERT_COMMAND_H_
#define ATOMSTREAM_CLIENT_CLI_CONVERT_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace atomstream {

// Where to look, first match first.
struct PythonSearch {
  std::vector<std::string> folders;  // that hold the package `atomstream`
  std::vector<std::string> pythons;  // names of programs, or paths
};

struct PythonPackage {
  std::string python;
  std::string folder;
};

// NotFound: in no folder. Unavailable: no Python has PyTorch and NumPy; names the Debian packages.
absl::StatusOr<PythonPackage> FindPythonPackage(const PythonSearch& search);

// Where the installed program and one in a build folder find it; ATOMSTREAM_PYTHON in the
// environment names the Python.
PythonSearch DefaultPythonSearch();

// Becomes the Python program; returns only if it could not, with the exit code.
int ConvertAtomaiCommand(const std::vector<std::string>& arguments, std::ostream& errors);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_CONVERT_COMMAND_H_
