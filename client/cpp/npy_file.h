// The NPY half of image_file. Internal to it.
#ifndef ATOMSTREAM_CLIENT_CPP_NPY_FILE_H_
#define ATOMSTREAM_CLIENT_CPP_NPY_FILE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cpp/image_file.h"

namespace atomstream {

// What the Python dict literal in an NPY header says.
struct NpyHeader {
  std::string descr;  // "<f4"; for structured types the raw text
  bool fortran_order = false;
  std::string shape_text;      // as written, for error messages
  std::vector<int64_t> shape;  // every entry >= 0
};

// InvalidArgument names what is missing or malformed.
absl::StatusOr<NpyHeader> ParseNpyHeader(absl::string_view text);

// True if `start`, the first bytes of a file, is NPY.
bool IsNpy(absl::string_view start);

absl::StatusOr<std::unique_ptr<ImageFileReader>> OpenNpy(const std::string& path);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_NPY_FILE_H_
