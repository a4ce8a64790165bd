#include "server/journal/disk_reserve.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "server/journal/files.h"

namespace atomstream {
namespace {

// The last of a disk is for results.
constexpr int64_t kLeftToOthers = 4;

}  // namespace

void DiskReserve::Take() {
  if (SizeOf(path_) >= kBytes) return;
  const int file = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) return;
  struct statvfs space {};
  const bool has_room =
      fstatvfs(file, &space) == 0 &&
      static_cast<int64_t>(space.f_bavail) * static_cast<int64_t>(space.f_frsize) >=
          (1 + kLeftToOthers) * kBytes;
  // Half of it would be none.
  if (has_room && posix_fallocate(file, 0, kBytes) != 0) (void)!ftruncate(file, 0);
  close(file);
}

bool DiskReserve::Give() { return SizeOf(path_) > 0 && truncate(path_.c_str(), 0) == 0; }

}  // namespace atomstream
