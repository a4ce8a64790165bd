// Reading the files of a model folder: regular files only, bounded in size, whole. Internal to
// detectors/unet. Pure of state; any thread.
#ifndef ATOMSTREAM_DETECTORS_UNET_MODEL_FILES_H_
#define ATOMSTREAM_DETECTORS_UNET_MODEL_FILES_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace atomstream {

constexpr int64_t kMaxManifestBytes = int64_t{1} << 20;
constexpr int64_t kMaxModelFileBytes = int64_t{256} << 20;

// NotFound: the folder or the file is not there. InvalidArgument: not a regular file, empty or
// larger than `max_bytes`. DataLoss: it could not be read to its end.
absl::StatusOr<std::string> ReadBoundedFile(const std::string& folder, const std::string& name,
                                            int64_t max_bytes);

// DataLoss with both sums if `bytes`, which came from the file `name`, have another sha256.
absl::Status CheckSha256(const std::string& bytes, absl::string_view name,
                         absl::string_view sha256);

bool IsSha256Hex(absl::string_view text);  // 64 lower-case hexadecimal digits

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_MODEL_FILES_H_
