// What a journal needs of the file system: a lock between processes, files that are whole or not
// there after a power cut, and setting damaged files aside. Errors name the path and what the
// system said: ResourceExhausted when there is no space, else Unavailable. Any thread.
#ifndef ATOMSTREAM_SERVER_JOURNAL_FILES_H_
#define ATOMSTREAM_SERVER_JOURNAL_FILES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace atomstream {

// The status for `error`, an errno.
absl::Status FileError(absl::string_view what, const std::string& path, int error);

// Held from Acquire until it is destroyed or the process ends, however it ends.
class FileLock {
 public:
  // Makes the file if need be and writes this process's number into it. FailedPrecondition names
  // the holder's.
  static absl::StatusOr<std::unique_ptr<FileLock>> Acquire(const std::string& path);
  ~FileLock();

  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int file) : file_(file) {}

  const int file_;
};

// Which file this is. A copy of it is another one, a file with a new name is the same. The device
// does not count, whose number may change when the machine starts.
struct FileIdentity {
  uint64_t inode = 0;
  int64_t birth_ns = 0;  // when it was made; 0: the file system does not know
};
absl::StatusOr<FileIdentity> IdentityOf(const std::string& path);
bool IsSameFile(const FileIdentity& a, const FileIdentity& b);

bool Exists(const std::string& path);
// 0 if there is none.
int64_t SizeOf(const std::string& path);

// At most `max_bytes`, a DataLoss if there are more. NotFound.
absl::StatusOr<std::string> ReadFile(const std::string& path, int64_t max_bytes);

// Writes "<path>.part", syncs it, gives it its name and syncs the folder. On error nothing is left.
absl::Status WriteFileDurably(const std::string& path, absl::string_view bytes);

absl::Status SyncFolderOf(const std::string& path);

// Renames each that is there of "<path><suffix>" to "<path>.damaged-<time><suffix>", with "-2", …
// behind the time if that is taken, and returns the new name of `path`.
absl::StatusOr<std::string> MoveAside(const std::string& path,
                                      const std::vector<std::string>& suffixes, absl::Time now);

// Deletes all but the newest `kept` sets of files that MoveAside made of `path`, as far as it can.
// Returns how many sets it deleted.
int DeleteMovedAside(const std::string& path, int kept);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_FILES_H_
