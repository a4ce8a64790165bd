// Runs the Python programs that do the same work with other people's libraries. Used by one thread.
#ifndef ATOMSTREAM_TESTS_BENCH_PYTHON_SCRIPT_H_
#define ATOMSTREAM_TESTS_BENCH_PYTHON_SCRIPT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace atomstream::bench {

// A folder of its own under the system's temporary one, removed with all in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }  // "": it could not be made

 private:
  std::string path_;
};

// The first Python that can import `module`: `wish` alone unless it is empty, else python3, then
// /usr/bin/python3 (a version manager's python3 often has not what Debian's has). Unavailable:
// none.
absl::StatusOr<std::string> FindPython(const std::string& wish, const std::string& module);

// Runs a script of this folder and returns what it printed. `environment` holds "NAME=value".
// Internal: it failed; what it wrote to stderr has been passed on.
absl::StatusOr<std::string> RunPythonScript(const std::string& python, const std::string& script,
                                            const std::vector<std::string>& environment,
                                            const std::vector<std::string>& arguments);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_PYTHON_SCRIPT_H_
