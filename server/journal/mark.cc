#include "server/journal/mark.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "core/base/status_macros.h"
#include "server/journal/files.h"
#include "server/journal/hash.h"

namespace atomstream {
namespace {

constexpr int64_t kMaxBytes = 4096;

// "atomstream-journal <epoch> <sequence> <given> <start of the hash of what is before>", always of
// the same length for one epoch, so that writing it over the last one leaves nothing of that.
absl::StatusOr<std::string> Format(const std::string& epoch, int64_t sequence, int64_t given) {
  const std::string text =
      absl::StrFormat("atomstream-journal %s %020d %020d ", epoch, sequence, given);
  ASSIGN_OR_RETURN(const std::string sum, Sha256(text));
  return absl::StrCat(text, absl::BytesToHexString(sum.substr(0, 8)), "\n");
}

}  // namespace

absl::StatusOr<MarkValue> Mark::Read(const std::string& path) {
  auto text = ReadFile(path, kMaxBytes);
  if (!text.ok()) return absl::NotFoundError(text.status().message());
  const std::vector<std::string> words = absl::StrSplit(*text, ' ');
  MarkValue value;
  if (words.size() == 5 && absl::SimpleAtoi(words[2], &value.sequence) &&
      absl::SimpleAtoi(words[3], &value.given)) {
    value.epoch = words[1];
    auto expected = Format(value.epoch, value.sequence, value.given);
    if (expected.ok() && *expected == *text) return value;
  }
  return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
}

absl::StatusOr<std::unique_ptr<Mark>> Mark::Open(const std::string& path,
                                                 const std::string& epoch) {
  MarkValue value{.epoch = epoch};
  const auto present = Read(path);
  if (present.ok() && present->epoch == epoch) {
    value = *present;
  } else {
    ASSIGN_OR_RETURN(const std::string text, Format(epoch, 0, 0));
    RETURN_IF_ERROR(WriteFileDurably(path, text));
  }
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return FileError("open", path, errno);
  return std::unique_ptr<Mark>(new Mark(path, std::move(value), file));
}

Mark::~Mark() { close(file_); }

absl::Status Mark::Sync() {
  return fdatasync(file_) == 0 ? absl::OkStatus() : FileError("sync", path_, errno);
}

absl::Status Mark::Write(int64_t sequence, int64_t given) {
  ASSIGN_OR_RETURN(const std::string text, Format(opened_.epoch, sequence, given));
  const ssize_t written = pwrite(file_, text.data(), text.size(), 0);
  if (written == static_cast<ssize_t>(text.size())) return absl::OkStatus();
  return FileError("write", path_, written < 0 ? errno : ENOSPC);
}

}  // namespace atomstream
