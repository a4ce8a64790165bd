#include "server/journal/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status WriteAll(int file, const std::string& path, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status FileError(absl::string_view what, const std::string& path, int error) {
  const std::string message =
      absl::StrCat(path, ": ", what, ": ", std::generic_category().message(error));
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    return absl::ResourceExhaustedError(message);
  }
  return absl::UnavailableError(message);
}

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::Acquire(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return FileError("open", path, errno);
  std::unique_ptr<FileLock> lock(new FileLock(file));
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error != EWOULDBLOCK) return FileError("lock", path, error);
    char holder[32] = {};
    const ssize_t size = pread(file, holder, sizeof(holder) - 1, 0);
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": is held by process ",
                     size > 0 ? absl::StripAsciiWhitespace(holder) : absl::string_view("unknown"),
                     "; only one may write a journal"));
  }
  const std::string text = absl::StrCat(getpid(), "\n");
  // The number is for people; the lock holds without it, also on a full disk.
  if (ftruncate(file, 0) == 0 && pwrite(file, text.data(), text.size(), 0) < 0) {
    if (ftruncate(file, 0) != 0) return lock;
  }
  return lock;
}

FileLock::~FileLock() { close(file_); }

absl::StatusOr<FileIdentity> IdentityOf(const std::string& path) {
  struct statx status;
  if (statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_BTIME, &status) != 0) {
    return FileError("stat", path, errno);
  }
  FileIdentity identity{.inode = status.stx_ino};
  if ((status.stx_mask & STATX_BTIME) != 0) {
    identity.birth_ns = status.stx_btime.tv_sec * 1'000'000'000 + status.stx_btime.tv_nsec;
  }
  return identity;
}

bool IsSameFile(const FileIdentity& a, const FileIdentity& b) {
  if (a.inode != b.inode) return false;
  return a.birth_ns == b.birth_ns || a.birth_ns == 0 || b.birth_ns == 0;
}

bool Exists(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0;
}

int64_t SizeOf(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 ? status.st_size : 0;
}

absl::StatusOr<std::string> ReadFile(const std::string& path, int64_t max_bytes) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT) return absl::NotFoundError(absl::StrCat(path, ": is not there"));
    return FileError("open", path, errno);
  }
  const absl::Cleanup closer = [file] { close(file); };
  struct stat status;
  if (fstat(file, &status) != 0) return FileError("stat", path, errno);
  if (status.st_size > max_bytes) {
    return absl::DataLossError(
        absl::StrCat(path, ": has ", status.st_size, " bytes, at most ", max_bytes, " are right"));
  }
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t count = read(file, bytes.data() + got, bytes.size() - got);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError("read", path, errno);
    if (count == 0) break;
    got += static_cast<size_t>(count);
  }
  bytes.resize(got);
  return bytes;
}

absl::Status WriteFileDurably(const std::string& path, absl::string_view bytes) {
  const std::string part = path + ".part";
  const int file = open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return FileError("open", part, errno);
  absl::Cleanup remover = [&part] { unlink(part.c_str()); };
  absl::Status status = WriteAll(file, part, bytes);
  if (status.ok() && fsync(file) != 0) status = FileError("sync", part, errno);
  if (close(file) != 0 && status.ok()) status = FileError("close", part, errno);
  RETURN_IF_ERROR(status);
  if (rename(part.c_str(), path.c_str()) != 0) return FileError("rename", part, errno);
  std::move(remover).Cancel();
  return SyncFolderOf(path);
}

absl::Status SyncFolderOf(const std::string& path) {
  const std::string folder = FolderOf(path);
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return FileError("open", folder, errno);
  const absl::Cleanup closer = [file] { close(file); };
  return fsync(file) == 0 ? absl::OkStatus() : FileError("sync", folder, errno);
}

absl::StatusOr<std::string> MoveAside(const std::string& path,
                                      const std::vector<std::string>& suffixes, absl::Time now) {
  const std::string stem =
      absl::StrCat(path, ".damaged-", absl::FormatTime("%Y%m%dT%H%M%SZ", now, absl::UTCTimeZone()));
  const auto is_taken = [&suffixes](const std::string& name) {
    return std::any_of(suffixes.begin(), suffixes.end(),
                       [&name](const std::string& suffix) { return Exists(name + suffix); });
  };
  std::string name = stem;
  for (int i = 2; is_taken(name); ++i) name = absl::StrCat(stem, "-", i);
  for (const std::string& suffix : suffixes) {
    const std::string from = path + suffix;
    if (rename(from.c_str(), (name + suffix).c_str()) != 0 && errno != ENOENT) {
      return FileError("rename", from, errno);
    }
  }
  RETURN_IF_ERROR(SyncFolderOf(path));
  return name;
}

int DeleteMovedAside(const std::string& path, int kept) {
  namespace fs = std::filesystem;
  const std::string prefix = fs::path(path).filename().string() + ".damaged-";
  // "<time>" or "<time>-<number>", which end where a suffix begins; in the order of their age, as
  // long as no two are of one second.
  std::map<std::string, std::vector<fs::path>> sets;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(FolderOf(path), error)) {
    const std::string name = file.path().filename().string();
    if (name.compare(0, prefix.size(), prefix) != 0) continue;
    const size_t end = name.find_first_of("Z", prefix.size());
    if (end == std::string::npos) continue;
    size_t stop = end + 1;
    if (stop < name.size() && name[stop] == '-' && stop + 1 < name.size() &&
        absl::ascii_isdigit(static_cast<unsigned char>(name[stop + 1]))) {
      stop = name.find_first_not_of("0123456789", stop + 1);
    }
    sets[name.substr(prefix.size(), stop - prefix.size())].push_back(file.path());
  }
  int deleted = 0;
  for (auto set = sets.begin(); static_cast<int>(sets.size()) - deleted > kept; ++set, ++deleted) {
    for (const fs::path& file : set->second) fs::remove_all(file, error);
  }
  return deleted;
}

}  // namespace atomstream
