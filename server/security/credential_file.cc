#include "server/security/credential_file.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace atomstream {
namespace {

constexpr size_t kLargestFile = 1 << 20;

}  // namespace

std::vector<CredentialLine> CredentialLines(absl::string_view text) {
  std::vector<CredentialLine> lines;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = line.substr(0, line.find('#'));
    std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (!words.empty()) lines.push_back({number, std::move(words)});
  }
  return lines;
}

absl::Status LineError(absl::string_view file, int line, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(file, ":", line, ": ", why));
}

absl::StatusOr<std::string> ReadCredentialFile(absl::string_view field, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kLargestFile + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof())) {
    return absl::InvalidArgumentError(absl::StrCat(field, " = ", path, ": cannot be read"));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kLargestFile) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, " = ", path, ": is larger than a mebibyte"));
  }
  return text;
}

}  // namespace atomstream
