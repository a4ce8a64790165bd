#include "server/log/journal_stream.h"

#include <sys/stat.h>

#include "absl/strings/str_cat.h"

namespace atomstream {

bool LeadsToJournal(int fd, absl::string_view journal_stream) {
  struct stat there;
  return !journal_stream.empty() && fstat(fd, &there) == 0 &&
         journal_stream == absl::StrCat(there.st_dev, ":", there.st_ino);
}

}  // namespace atomstream
