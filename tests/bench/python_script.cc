#include "tests/bench/python_script.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace atomstream::bench {
namespace {

std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

absl::StatusOr<std::string> Run(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return absl::InternalError(absl::StrCat(command, ": cannot be started"));
  std::string output;
  std::array<char, 4096> buffer;
  size_t read = 0;
  while ((read = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0) {
    output.append(buffer.data(), read);
  }
  const int status = pclose(pipe);
  if (status != 0) return absl::InternalError(absl::StrCat(command, ": ended with ", status));
  return output;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string path = (std::filesystem::temp_directory_path() / "atomstream-bench-XXXXXX").string();
  if (mkdtemp(path.data()) != nullptr) path_ = path;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

absl::StatusOr<std::string> FindPython(const std::string& wish, const std::string& module) {
  std::vector<std::string> pythons = {"python3", "/usr/bin/python3"};
  if (!wish.empty()) pythons = {wish};
  for (const std::string& python : pythons) {
    const std::string command =
        absl::StrCat(Quoted(python), " -c ", Quoted("import " + module), " 2>/dev/null");
    if (Run(command).ok()) return python;
  }
  return absl::UnavailableError(
      absl::StrCat(absl::StrJoin(pythons, " and "), " cannot import ", module));
}

absl::StatusOr<std::string> RunPythonScript(const std::string& python, const std::string& script,
                                            const std::vector<std::string>& environment,
                                            const std::vector<std::string>& arguments) {
  std::string command = absl::StrJoin(environment, " ");
  absl::StrAppend(&command, " ", Quoted(python), " ",
                  Quoted(std::string(ATOMSTREAM_BENCH_FOLDER) + "/" + script));
  for (const std::string& argument : arguments) absl::StrAppend(&command, " ", Quoted(argument));
  return Run(command);
}

}  // namespace atomstream::bench
