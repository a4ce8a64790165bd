#include "client/export/partial_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr absl::string_view kMagic = "atomstream partial file 1, bytes ";
constexpr absl::string_view kEnd = "end\n";
constexpr int64_t kMaxResumeBytes = 1 << 20;

// Closes at the end of a scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  const int fd_;
};

bool WriteAll(int fd, absl::string_view data) {
  while (!data.empty()) {
    const ssize_t written = write(fd, data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

absl::StatusOr<std::string> ReadAll(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return FileError(path);
  std::string text;
  char buffer[4096];
  while (true) {
    const ssize_t got = read(file.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError(path);
    if (got == 0) return text;
    text.append(buffer, static_cast<size_t>(got));
    if (static_cast<int64_t>(text.size()) > kMaxResumeBytes) {
      return absl::DataLossError(absl::StrCat(path, ": is too long"));
    }
  }
}

// Names in the folder of `path` outlast a power failure.
absl::Status SyncFolderOf(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const std::string folder = parent.empty() ? std::string(".") : parent.string();
  const Descriptor file(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot sync a folder; then they need not.
  if (file.get() >= 0 && fsync(file.get()) != 0 && errno != EINVAL) return FileError(folder);
  return absl::OkStatus();
}

// Cannot begin anew by itself: the user may want what is there.
absl::Status Damaged(const std::string& path, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(path, ": ", what, "; --restart begins anew"));
}

}  // namespace

absl::Status FileError(const std::string& path) {
  const int error = errno;
  const std::string message = absl::StrCat(path, ": ", std::strerror(error));
  if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(message);
  if (error == EACCES || error == EROFS || error == EPERM) {
    return absl::PermissionDeniedError(message);
  }
  if (error == EEXIST) return absl::AlreadyExistsError(message);
  if (error == ENOSPC || error == EDQUOT) return absl::ResourceExhaustedError(message);
  return absl::UnavailableError(message);
}

absl::Status PlaceFile(const std::string& from, const std::string& to, bool overwrite) {
  if (overwrite) {
    return rename(from.c_str(), to.c_str()) == 0 ? absl::OkStatus() : FileError(to);
  }
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return absl::OkStatus();
  }
  if (errno == EINVAL || errno == ENOSYS) {  // a file system that cannot
    if (link(from.c_str(), to.c_str()) == 0) {
      unlink(from.c_str());
      return absl::OkStatus();
    }
  }
  absl::Status error = FileError(to);
  if (absl::IsAlreadyExists(error)) {
    error = absl::AlreadyExistsError(absl::StrCat(error.message(), "; --force overwrites it"));
  }
  return error;
}

PartialFile::PartialFile(const std::string& path, const Options& options, int descriptor)
    : path_(path),
      part_path_(absl::StrCat(path, ".part")),
      resume_path_(absl::StrCat(path, ".resume")),
      on_step_(options.on_step),
      descriptor_(descriptor) {}

PartialFile::~PartialFile() {
  // An empty file that this run has made would only be in the way.
  struct stat part;
  if (locked_ && !committed_ && fstat(descriptor_, &part) == 0 && part.st_size == 0) {
    unlink(part_path_.c_str());
  }
  close(descriptor_);
}

absl::StatusOr<std::unique_ptr<PartialFile>> PartialFile::Open(const std::string& path,
                                                               const Options& options) {
  const std::string part = absl::StrCat(path, ".part");
  const int fd = open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return FileError(part);
  auto file = std::unique_ptr<PartialFile>(new PartialFile(path, options, fd));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return absl::AbortedError(absl::StrCat(part, ": another export is writing it"));
  }
  // The one that had it may have taken it away before it let go of the lock.
  struct stat locked;
  if (fstat(fd, &locked) != 0 || locked.st_nlink == 0) {
    return absl::AbortedError(absl::StrCat(part, ": another export has just ended; try again"));
  }
  file->locked_ = true;
  RETURN_IF_ERROR(file->ReadResume(options.begin_anew));
  if (ftruncate(fd, file->bytes_) != 0 || lseek(fd, file->bytes_, SEEK_SET) < 0) {
    return FileError(part);
  }
  return file;
}

absl::Status PartialFile::ReadResume(bool begin_anew) {
  struct stat part;
  if (fstat(descriptor_, &part) != 0) return FileError(part_path_);
  absl::StatusOr<std::string> text = ReadAll(resume_path_);
  if (absl::IsNotFound(text.status())) {
    if (part.st_size == 0 || begin_anew) return absl::OkStatus();
    return absl::AlreadyExistsError(
        absl::StrCat(part_path_, ": is there, and is no unfinished export: move it away"));
  }
  // Without data it is a left-over: of an export that was finished and cut off then, or whose data
  // somebody has removed.
  if (begin_anew || part.st_size == 0) {
    Step("unlink resume");
    if (unlink(resume_path_.c_str()) != 0 && errno != ENOENT) return FileError(resume_path_);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(text.status());
  absl::string_view rest = *text;
  int64_t bytes = 0;
  const size_t line = rest.find('\n');
  if (!absl::ConsumePrefix(&rest, kMagic) || !absl::ConsumeSuffix(&rest, kEnd) ||
      !absl::SimpleAtoi(rest.substr(0, rest.find('\n')), &bytes) || bytes < 0) {
    return Damaged(resume_path_, "cannot be read");
  }
  if (part.st_size < bytes) {
    return Damaged(part_path_,
                   absl::StrCat("has ", part.st_size, " bytes where ", bytes, " were written"));
  }
  std::string note = text->substr(line + 1);
  if (note.size() <= kEnd.size()) return Damaged(resume_path_, "cannot be read");
  note.resize(note.size() - kEnd.size());
  bytes_ = bytes;
  committed_ = true;
  resumed_note_ = std::move(note);
  return absl::OkStatus();
}

absl::Status PartialFile::Append(absl::string_view data) {
  Step("append");
  if (!WriteAll(descriptor_, data)) return FileError(part_path_);
  bytes_ += static_cast<int64_t>(data.size());
  return absl::OkStatus();
}

absl::Status PartialFile::Commit(absl::string_view note) {
  Step("sync");
  if (fdatasync(descriptor_) != 0) return FileError(part_path_);
  return WriteResume(note);
}

absl::Status PartialFile::WriteResume(absl::string_view note) {
  const std::string next = absl::StrCat(resume_path_, ".next");
  Step("write resume");
  {
    const Descriptor file(open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (file.get() < 0) return FileError(next);
    if (!WriteAll(file.get(), absl::StrCat(kMagic, bytes_, "\n", note, kEnd)) ||
        fdatasync(file.get()) != 0) {
      return FileError(next);
    }
  }
  Step("rename resume");
  if (rename(next.c_str(), resume_path_.c_str()) != 0) return FileError(resume_path_);
  committed_ = true;
  return absl::OkStatus();
}

absl::Status PartialFile::Place(const std::string& from, bool overwrite) {
  Step("place");
  RETURN_IF_ERROR(PlaceFile(from, path_, overwrite));
  Step("unlink resume");
  if (unlink(resume_path_.c_str()) != 0 && errno != ENOENT) return FileError(resume_path_);
  return SyncFolderOf(path_);
}

absl::Status PartialFile::Finish(bool overwrite) {
  if (fdatasync(descriptor_) != 0) return FileError(part_path_);
  return Place(part_path_, overwrite);
}

absl::Status PartialFile::FinishWith(const std::string& whole, bool overwrite) {
  {
    const Descriptor file(open(whole.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0 || fdatasync(file.get()) != 0) return FileError(whole);
  }
  RETURN_IF_ERROR(Place(whole, overwrite));
  Step("unlink part");
  if (unlink(part_path_.c_str()) != 0 && errno != ENOENT) return FileError(part_path_);
  return absl::OkStatus();
}

}  // namespace atomstream
