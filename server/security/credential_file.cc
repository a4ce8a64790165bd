#include "server/security/credential_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
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

absl::StatusOr<std::string> ReadCredentialFile(absl::string_view field, const std::string& path,
                                               mode_t* mode) {
  const auto wrong = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat(field, " = ", path, ": ", why));
  };
  const auto unreadable = [&] {
    return wrong(absl::StrCat("cannot be read: ", std::strerror(errno)));
  };
  // A pipe would keep the daemon waiting for whoever writes into it.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return unreadable();
  const absl::Cleanup closing = [file] { close(file); };
  struct stat about;
  if (fstat(file, &about) != 0) return unreadable();
  if (S_ISDIR(about.st_mode)) return wrong("is a folder");
  if (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode)) return wrong("is a pipe, not a file");
  if (mode != nullptr) *mode = about.st_mode;
  std::string text(kLargestFile + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(file, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable();
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > kLargestFile) return wrong("is larger than a mebibyte");
  text.resize(size);
  return text;
}

}  // namespace atomstream
