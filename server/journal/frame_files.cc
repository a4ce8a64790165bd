#include "server/journal/frame_files.h"

#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/status_macros.h"
#include "server/journal/files.h"
#include "server/journal/hash.h"

namespace atomstream {
namespace {

// The header: these four, version 1, element size, two zeros, the frame's size in 8 bytes, lowest
// first.
constexpr char kMagic[] = {'A', 's', 'F', 'r'};
constexpr char kVersion = 1;
constexpr size_t kHeaderBytes = 16;
// Decides between speed and size: docs/adr (journal).
constexpr int kCompressionLevel = 1;

bool IsElementSize(int bytes) { return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8; }

// Bytes that do not fill an element stay at the end.
std::string SortBySignificance(absl::string_view bytes, size_t element) {
  const size_t count = bytes.size() / element;
  std::string sorted(bytes);
  for (size_t k = 0; k < element; ++k) {
    char* out = sorted.data() + k * count;
    const char* in = bytes.data() + k;
    for (size_t i = 0; i < count; ++i) out[i] = in[i * element];
  }
  return sorted;
}

std::string UndoSort(absl::string_view sorted, size_t element) {
  const size_t count = sorted.size() / element;
  std::string bytes(sorted);
  for (size_t k = 0; k < element; ++k) {
    const char* in = sorted.data() + k * count;
    char* out = bytes.data() + k;
    for (size_t i = 0; i < count; ++i) out[i * element] = in[i];
  }
  return bytes;
}

absl::Status Damaged(absl::string_view why) {
  return absl::DataLossError(absl::StrCat("a kept frame was damaged: ", why));
}

}  // namespace

absl::StatusOr<std::string> FrameFiles::Encode(absl::string_view bytes, int element_bytes) {
  if (!IsElementSize(element_bytes)) {
    return absl::InvalidArgumentError(
        absl::StrCat("element_bytes = ", element_bytes, ": must be 1, 2, 4 or 8"));
  }
  if (static_cast<int64_t>(bytes.size()) > kMaxFrameBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("frame: ", bytes.size(), " bytes, at most ", kMaxFrameBytes, " can be kept"));
  }
  const auto element = static_cast<size_t>(element_bytes);
  const std::string sorted = element == 1 ? std::string() : SortBySignificance(bytes, element);
  const absl::string_view source = element == 1 ? bytes : absl::string_view(sorted);

  std::string file(kHeaderBytes + ZSTD_compressBound(source.size()), '\0');
  std::memcpy(file.data(), kMagic, sizeof(kMagic));
  file[4] = kVersion;
  file[5] = static_cast<char>(element_bytes);
  for (int i = 0; i < 8; ++i) {
    file[8 + i] = static_cast<char>(static_cast<uint64_t>(bytes.size()) >> (8 * i));
  }
  const size_t size = ZSTD_compress(file.data() + kHeaderBytes, file.size() - kHeaderBytes,
                                    source.data(), source.size(), kCompressionLevel);
  if (ZSTD_isError(size)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("compress a frame: ", ZSTD_getErrorName(size)));
  }
  file.resize(kHeaderBytes + size);
  return file;
}

absl::StatusOr<std::string> FrameFiles::Decode(absl::string_view file) {
  if (file.size() < kHeaderBytes || std::memcmp(file.data(), kMagic, sizeof(kMagic)) != 0 ||
      file[4] != kVersion || !IsElementSize(file[5])) {
    return Damaged("its header");
  }
  uint64_t frame_bytes = 0;
  for (int i = 0; i < 8; ++i) {
    frame_bytes |= static_cast<uint64_t>(static_cast<unsigned char>(file[8 + i])) << (8 * i);
  }
  if (frame_bytes > static_cast<uint64_t>(kMaxFrameBytes)) return Damaged("its size");
  std::string bytes(frame_bytes, '\0');
  const size_t size = ZSTD_decompress(bytes.data(), bytes.size(), file.data() + kHeaderBytes,
                                      file.size() - kHeaderBytes);
  if (ZSTD_isError(size)) return Damaged(ZSTD_getErrorName(size));
  if (size != frame_bytes) return Damaged("its size");
  return file[5] == 1 ? bytes : UndoSort(bytes, static_cast<size_t>(file[5]));
}

absl::Status FrameFiles::Write(absl::string_view sha256, absl::string_view encoded) const {
  const std::string path = PathOf(sha256);
  const std::filesystem::path subfolder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!std::filesystem::is_directory(subfolder, error)) {
    std::filesystem::create_directories(subfolder, error);
    if (error) return FileError("make folder", subfolder.string(), error.value());
    RETURN_IF_ERROR(SyncFolderOf(subfolder.string()));
    RETURN_IF_ERROR(SyncFolderOf(folder_));
  }
  return WriteFileDurably(path, encoded);
}

absl::StatusOr<std::string> FrameFiles::Read(absl::string_view sha256) const {
  const std::string path = PathOf(sha256);
  // Noise may grow a little.
  ASSIGN_OR_RETURN(const std::string file, ReadFile(path, kMaxFrameBytes + kMaxFrameBytes / 64));
  ASSIGN_OR_RETURN(std::string bytes, Decode(file));
  ASSIGN_OR_RETURN(const std::string sum, Sha256(bytes));
  if (sum != sha256) return Damaged("it does not fit its hash");
  return bytes;
}

bool FrameFiles::Has(absl::string_view sha256) const { return Exists(PathOf(sha256)); }

absl::Status FrameFiles::Remove(absl::string_view sha256) const {
  const std::string path = PathOf(sha256);
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return FileError("remove", path, errno);
}

absl::StatusOr<std::vector<std::string>> FrameFiles::List(int subfolder) const {
  const std::string path = absl::StrCat(folder_, "/", absl::StrFormat("%02x", subfolder));
  std::vector<std::string> hashes;
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error);
  if (error == std::errc::no_such_file_or_directory) return hashes;
  if (error) return FileError("list", path, error.value());
  for (; entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool is_hash = name.size() == 2 * kSha256Bytes &&
                         name.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (is_hash) {
      hashes.push_back(absl::HexStringToBytes(name));
    } else {
      unlink(entry->path().c_str());
    }
  }
  if (error) return FileError("list", path, error.value());
  return hashes;
}

std::string FrameFiles::PathOf(absl::string_view sha256) const {
  const std::string hex = absl::BytesToHexString(sha256);
  return absl::StrCat(folder_, "/", hex.substr(0, 2), "/", hex);
}

}  // namespace atomstream
