#include "client/cpp/image_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "client/cpp/npy_file.h"
#include "client/cpp/tiff_file.h"
#include "core/base/status_macros.h"

namespace atomstream {

absl::StatusOr<std::unique_ptr<ImageFileReader>> ImageFileReader::Open(absl::string_view path) {
  const std::string name(path);
  return CatchToStatus(path, [&]() -> absl::StatusOr<std::unique_ptr<ImageFileReader>> {
    std::error_code ignored;
    if (std::filesystem::is_directory(name, ignored)) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": is a folder, not a file"));
    }
    errno = 0;
    std::ifstream file(name, std::ios::binary);
    if (!file) {
      return absl::ErrnoToStatus(errno == 0 ? ENOENT : errno,
                                 absl::StrCat(path, ": cannot be opened"));
    }
    char bytes[8] = {};
    file.read(bytes, sizeof(bytes));
    const absl::string_view start(bytes, static_cast<size_t>(file.gcount()));
    if (start.empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": empty file"));
    if (IsNpy(start)) return OpenNpy(name);
    if (IsTiff(start)) return OpenTiff(name);
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": neither an NPY nor a TIFF file (by its first bytes)"));
  });
}

}  // namespace atomstream
