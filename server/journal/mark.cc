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

// "atomstream-journal <epoch> <sequence> <given> <inode> <birth> <start of the hash of what is
// before>", always of the same length for one epoch, so that writing it over the last one leaves
// nothing of that. Earlier versions wrote no inode and birth.
absl::StatusOr<std::string> Format(const MarkValue& value) {
  std::string text = absl::StrFormat("atomstream-journal %s %020d %020d ", value.epoch,
                                     value.sequence, value.given);
  if (value.file) {
    absl::StrAppendFormat(&text, "%020u %020d ", value.file->inode, value.file->birth_ns);
  }
  ASSIGN_OR_RETURN(const std::string sum, Sha256(text));
  return absl::StrCat(text, absl::BytesToHexString(sum.substr(0, 8)), "\n");
}

bool Parse(const std::vector<std::string>& words, MarkValue& value) {
  if (words.size() != 5 && words.size() != 7) return false;
  value.epoch = words[1];
  if (words.size() == 7) {
    value.file.emplace();
    if (!absl::SimpleAtoi(words[4], &value.file->inode) ||
        !absl::SimpleAtoi(words[5], &value.file->birth_ns)) {
      return false;
    }
  }
  return absl::SimpleAtoi(words[2], &value.sequence) && absl::SimpleAtoi(words[3], &value.given);
}

}  // namespace

absl::StatusOr<MarkValue> Mark::Read(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxBytes));
  MarkValue value;
  if (Parse(absl::StrSplit(text, ' '), value)) {
    ASSIGN_OR_RETURN(const std::string expected, Format(value));
    if (expected == text) return value;
  }
  return absl::DataLossError(absl::StrCat(path, ": cannot be read"));
}

absl::StatusOr<std::unique_ptr<Mark>> Mark::Open(const std::string& path, const std::string& epoch,
                                                 const FileIdentity& journal) {
  MarkValue value{.epoch = epoch, .file = journal};
  const auto present = Read(path);
  const bool is_of_epoch = present.ok() && present->epoch == epoch;
  if (is_of_epoch) {
    value.sequence = present->sequence;
    value.given = present->given;
  }
  if (!is_of_epoch || !present->file || !IsSameFile(*present->file, journal)) {
    ASSIGN_OR_RETURN(const std::string text, Format(value));
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
  MarkValue value = opened_;
  value.sequence = sequence;
  value.given = given;
  ASSIGN_OR_RETURN(const std::string text, Format(value));
  const ssize_t written = pwrite(file_, text.data(), text.size(), 0);
  if (written == static_cast<ssize_t>(text.size())) return absl::OkStatus();
  return FileError("write", path_, written < 0 ? errno : ENOSPC);
}

}  // namespace atomstream
