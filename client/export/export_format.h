// The formats that many results can be exported in. Pure functions.
#ifndef ATOMSTREAM_CLIENT_EXPORT_EXPORT_FORMAT_H_
#define ATOMSTREAM_CLIENT_EXPORT_EXPORT_FORMAT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace atomstream {

enum class ExportFormat { kCsv, kNdjson, kXyz, kExtxyz, kHdf5 };

absl::string_view ExportFormatName(ExportFormat format);  // "csv", "ndjson", …
std::optional<ExportFormat> ExportFormatNamed(absl::string_view name);

// By the end of the file's name: .csv, .ndjson, .jsonl, .xyz, .extxyz, .h5, .hdf5.
std::optional<ExportFormat> ExportFormatOfFile(absl::string_view path);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_EXPORT_EXPORT_FORMAT_H_
