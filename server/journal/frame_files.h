// FrameFiles: compressed, content-addressed files in one folder: bytes are found again by their
// SHA-256, and the same bytes are written once. A file is whole or not there after a power cut, and
// what is read is compared with the hash it is named by.
//
// Layout: "<folder>/<first byte of the hash in hex>/<the whole hash in hex>": a header of 16 bytes
// (frame_files.cc), then Zstandard over the bytes, which are first sorted by significance when
// their elements are larger than one: all lowest bytes, then all second ones, …
//
// Thread-safe, but for the same file at the same time: the owner sees to that.
#ifndef ATOMSTREAM_SERVER_JOURNAL_FRAME_FILES_H_
#define ATOMSTREAM_SERVER_JOURNAL_FRAME_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace atomstream {

class FrameFiles {
 public:
  static constexpr int64_t kMaxFrameBytes = int64_t{128} << 20;
  static constexpr int kSubfolders = 256;

  explicit FrameFiles(std::string folder) : folder_(std::move(folder)) {}

  // What Write stores. `element_bytes`, 1, 2, 4 or 8, is the size of one pixel: it decides how
  // small the result gets, not what is read back.
  static absl::StatusOr<std::string> Encode(absl::string_view bytes, int element_bytes);
  static absl::StatusOr<std::string> Decode(absl::string_view file);

  // Also makes the folders. ResourceExhausted, Unavailable: nothing is left of it.
  absl::Status Write(absl::string_view sha256, absl::string_view encoded) const;
  // NotFound; DataLoss: what is there is not what was written.
  absl::StatusOr<std::string> Read(absl::string_view sha256) const;
  bool Has(absl::string_view sha256) const;
  // Nothing happens when there is none.
  absl::Status Remove(absl::string_view sha256) const;

  // The hashes of the files in a subfolder, 0 … kSubfolders - 1; files that have another name, left
  // by a crash, are removed.
  absl::StatusOr<std::vector<std::string>> List(int subfolder) const;

 private:
  std::string PathOf(absl::string_view sha256) const;

  const std::string folder_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_FRAME_FILES_H_
