#include "client/export/export_format.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace atomstream {
namespace {

struct Format {
  ExportFormat format;
  absl::string_view name;
  absl::string_view endings[2];
};

constexpr Format kFormats[] = {
    {ExportFormat::kCsv, "csv", {".csv", ""}},
    {ExportFormat::kNdjson, "ndjson", {".ndjson", ".jsonl"}},
    {ExportFormat::kXyz, "xyz", {".xyz", ""}},
    {ExportFormat::kExtxyz, "extxyz", {".extxyz", ""}},
    {ExportFormat::kHdf5, "hdf5", {".hdf5", ".h5"}},
};

}  // namespace

absl::string_view ExportFormatName(ExportFormat format) {
  for (const Format& known : kFormats) {
    if (known.format == format) return known.name;
  }
  return "";
}

std::optional<ExportFormat> ExportFormatNamed(absl::string_view name) {
  for (const Format& known : kFormats) {
    if (known.name == name) return known.format;
  }
  return std::nullopt;
}

std::optional<ExportFormat> ExportFormatOfFile(absl::string_view path) {
  const std::string lower = absl::AsciiStrToLower(path);
  for (const Format& known : kFormats) {
    for (const absl::string_view ending : known.endings) {
      if (!ending.empty() && absl::EndsWith(lower, ending)) return known.format;
    }
  }
  return std::nullopt;
}

}  // namespace atomstream
