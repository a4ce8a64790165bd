#include "client/cli/convert_command.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/escaped_text.h"

namespace atomstream {
namespace {

constexpr char kModule[] = "atomstream.convert_atomai";
constexpr char kPackages[] = "python3-torch python3-numpy";

std::vector<char*> Pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Whether `python` exists and would find both packages; they are not imported, which takes seconds.
bool HasTorch(const std::string& python) {
  const std::vector<std::string> words = {
      python, "-c",
      "import importlib.util as u, sys; "
      "sys.exit(any(u.find_spec(name) is None for name in ('torch', 'numpy')))"};
  pid_t pid = 0;
  if (posix_spawnp(&pid, python.c_str(), nullptr, nullptr, Pointers(words).data(), environ) != 0) {
    return false;
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

absl::StatusOr<PythonPackage> FindPythonPackage(const PythonSearch& search) {
  PythonPackage package;
  for (const std::string& folder : search.folders) {
    std::error_code ignored;
    if (package.folder.empty() &&
        std::filesystem::exists(folder + "/atomstream/convert_atomai.py", ignored)) {
      package.folder = folder;
    }
  }
  if (package.folder.empty()) {
    return absl::NotFoundError(absl::StrCat("the Python package is neither in ",
                                            absl::StrJoin(search.folders, " nor in "),
                                            "; client/python of the source holds it"));
  }
  for (const std::string& python : search.pythons) {
    if (!HasTorch(python)) continue;
    package.python = python;
    return package;
  }
  return absl::UnavailableError(absl::StrCat("no Python with PyTorch and NumPy (tried ",
                                             absl::StrJoin(search.pythons, ", "),
                                             "); install the Debian packages ", kPackages,
                                             ", or name another Python in ATOMSTREAM_PYTHON"));
}

PythonSearch DefaultPythonSearch() {
  PythonSearch search;
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    search.folders.push_back(
        (program.parent_path().parent_path() / "share/atomstream/python").string());
  }
  search.folders.push_back(ATOMSTREAM_PYTHON_FOLDER);
  const char* wish = std::getenv("ATOMSTREAM_PYTHON");
  // Debian's before one of a version manager, which seldom has PyTorch.
  search.pythons = {"/usr/bin/python3", "python3"};
  if (wish != nullptr && *wish != '\0') search.pythons = {wish};
  return search;
}

int ConvertAtomaiCommand(const std::vector<std::string>& arguments, std::ostream& errors) {
  const absl::StatusOr<PythonPackage> package = FindPythonPackage(DefaultPythonSearch());
  if (!package.ok()) {
    errors << "atomstream convert-atomai: " << Printable(package.status().message()) << "\n";
    return 1;
  }
  const char* path = std::getenv("PYTHONPATH");
  const std::string joined =
      path == nullptr || *path == '\0' ? package->folder : absl::StrCat(package->folder, ":", path);
  setenv("PYTHONPATH", joined.c_str(), 1);
  std::vector<std::string> words = {package->python, "-m", kModule};
  words.insert(words.end(), arguments.begin(), arguments.end());
  execvp(package->python.c_str(), Pointers(words).data());
  errors << "atomstream convert-atomai: " << Printable(package->python) << ": "
         << std::strerror(errno) << "\n";
  return 1;
}

}  // namespace atomstream
