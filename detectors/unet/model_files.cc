#include "detectors/unet/model_files.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "detectors/unet/model_manifest.h"
#include "openssl/evp.h"

namespace atomstream {
namespace {

namespace fs = std::filesystem;

absl::Status CheckReadable(const fs::path& folder, const std::string& name, int64_t max_bytes,
                           int64_t& bytes) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return absl::NotFoundError(
        absl::StrCat("model folder '", folder.string(), "' is not there or is no folder"));
  }
  const fs::path path = folder / name;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    return absl::NotFoundError(
        absl::StrCat("model folder '", folder.string(), "' has no file '", name, "'"));
  }
  if (!fs::is_regular_file(status)) {
    return absl::InvalidArgumentError(absl::StrCat("'", path.string(), "' is not a regular file"));
  }
  bytes = static_cast<int64_t>(fs::file_size(path, error));
  if (error) {
    return absl::DataLossError(absl::StrCat("'", path.string(), "': ", error.message()));
  }
  if (bytes == 0) {
    return absl::InvalidArgumentError(absl::StrCat("'", path.string(), "' is empty"));
  }
  if (bytes > max_bytes) {
    return absl::InvalidArgumentError(absl::StrCat("'", path.string(), "' has ", bytes,
                                                   " bytes, more than the ", max_bytes,
                                                   " that are allowed"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadBoundedFile(const std::string& folder, const std::string& name,
                                            int64_t max_bytes) {
  return CatchToStatus("reading a model file", [&]() -> absl::StatusOr<std::string> {
    int64_t bytes = 0;
    RETURN_IF_ERROR(CheckReadable(folder, name, max_bytes, bytes));
    const fs::path path = fs::path(folder) / name;
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
      return absl::PermissionDeniedError(absl::StrCat("'", path.string(), "' cannot be opened"));
    }
    std::string content(static_cast<size_t>(bytes), '\0');
    stream.read(content.data(), bytes);
    if (stream.gcount() != bytes) {
      return absl::DataLossError(absl::StrCat("'", path.string(), "': only ", stream.gcount(),
                                              " of ", bytes, " bytes could be read"));
    }
    return content;
  });
}

bool IsSha256Hex(absl::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string Sha256Hex(const std::string& bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  // Fails only where the library has no SHA-256; the empty sum then matches nothing.
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1) return "";
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
}

absl::Status CheckSha256(const std::string& bytes, absl::string_view name,
                         absl::string_view sha256) {
  const std::string measured = Sha256Hex(bytes);
  if (measured == sha256) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("'", name, "' has the sha256 ", measured, ", not ",
                                          sha256, " as stated: it was changed or damaged"));
}

absl::StatusOr<std::string> ReadModelFile(const std::string& folder, const ModelFile& file) {
  ASSIGN_OR_RETURN(std::string bytes, ReadBoundedFile(folder, file.name, kMaxModelFileBytes));
  RETURN_IF_ERROR(CheckSha256(bytes, file.name, file.sha256));
  return bytes;
}

absl::StatusOr<Image> LoadGolden(const std::string& folder, const ModelManifest& manifest,
                                 const ModelFile& file) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadModelFile(folder, file));
  const size_t pixels = static_cast<size_t>(manifest.golden_width_px) * manifest.golden_height_px;
  if (bytes.size() != pixels * sizeof(float)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", file.name, "' has ", bytes.size(), " bytes; golden.width_px ",
                     manifest.golden_width_px, " x golden.height_px ", manifest.golden_height_px,
                     " float32 values are ", pixels * sizeof(float)));
  }
  Image image(manifest.golden_height_px, manifest.golden_width_px);
  // The file is little-endian, and so is every machine that this builds on (core/image/frame.cc
  // reads rows in the same way).
  std::memcpy(image[0], bytes.data(), bytes.size());
  for (size_t i = 0; i < pixels; ++i) {
    if (!std::isfinite(image[0][i])) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", file.name, "': value ", i, " is not finite"));
    }
  }
  return image;
}

}  // namespace atomstream
