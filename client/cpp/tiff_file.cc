#include "client/cpp/tiff_file.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/cpp/pixel_conversion.h"
#include "core/base/status_macros.h"
#include "tiffio.h"

namespace atomstream {
namespace {

// Bounds what a malicious header can make libtiff allocate: 4096 x 4096 x 8 bytes and some.
constexpr tmsize_t kMaxAllocation = 256 << 20;

// Pixels of more than this are a printing resolution ("72 dpi"), not a microscope's scale.
constexpr double kLargestScaleNm = 10;

// What libtiff said since the last Take; owned by the reader, called on its thread.
class MessageLog {
 public:
  static int Append(TIFF*, void* log, const char*, const char* format, va_list arguments) {
    char text[256];
    vsnprintf(text, sizeof(text), format, arguments);
    std::string& messages = static_cast<MessageLog*>(log)->messages_;
    if (messages.size() < 1024) absl::StrAppend(&messages, messages.empty() ? "" : "; ", text);
    return 1;  // handled: libtiff must not print it
  }
  // Warnings about unknown tags are normal for microscope files.
  static int Ignore(TIFF*, void*, const char*, const char*, va_list) { return 1; }

  std::string Take() { return std::exchange(messages_, {}); }

 private:
  std::string messages_;
};

struct TiffCloser {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using TiffHandle = std::unique_ptr<TIFF, TiffCloser>;

absl::StatusOr<StoredType> TypeOf(int bits, int sample_format) {
  switch (sample_format) {
    case SAMPLEFORMAT_UINT:
    case SAMPLEFORMAT_VOID:
      if (bits == 8) return StoredType::kU8;
      if (bits == 16) return StoredType::kU16;
      if (bits == 32) return StoredType::kU32;
      break;
    case SAMPLEFORMAT_INT:
      if (bits == 8) return StoredType::kI8;
      if (bits == 16) return StoredType::kI16;
      if (bits == 32) return StoredType::kI32;
      break;
    case SAMPLEFORMAT_IEEEFP:
      if (bits == 32) return StoredType::kF32;
      if (bits == 64) return StoredType::kF64;
      break;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "BitsPerSample ", bits, " with SampleFormat ", sample_format,
      " is not supported; supported are 8, 16, 32-bit integers and 32, 64-bit floats"));
}

// Nanometres in one of ImageJ's unit names.
std::optional<double> NanometresPerUnit(absl::string_view unit) {
  if (unit == "nm" || unit == "nanometer" || unit == "nanometre") return 1.0;
  if (unit == "pm") return 1e-3;
  if (unit == "A" || unit == "\xC3\x85" || unit == "\xC5" || unit == "\\u00C5" ||
      unit == "\\u00c5" || absl::EqualsIgnoreCase(unit, "angstrom")) {
    return 0.1;
  }
  if (unit == "um" || unit == "\xC2\xB5m" || unit == "\xCE\xBCm" || unit == "\xB5m" ||
      unit == "\\u00B5m" || unit == "\\u00b5m" || unit == "micron" || unit == "microns") {
    return 1e3;
  }
  if (unit == "mm") return 1e6;
  if (unit == "cm") return 1e7;
  if (unit == "m") return 1e9;
  return std::nullopt;
}

// 0: the page does not say.
double PixelSizeNm(TIFF* tiff) {
  float per_unit = 0;
  if (!TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &per_unit) || !(per_unit > 0) ||
      !std::isfinite(per_unit)) {
    return 0;
  }
  const char* description = nullptr;
  if (TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &description) && description != nullptr &&
      absl::StartsWith(description, "ImageJ=")) {
    for (absl::string_view line : absl::StrSplit(description, '\n')) {
      if (!absl::ConsumePrefix(&line, "unit=")) continue;
      const std::optional<double> unit_nm = NanometresPerUnit(absl::StripAsciiWhitespace(line));
      return unit_nm ? *unit_nm / per_unit : 0;
    }
    return 0;
  }
  uint16_t unit = RESUNIT_NONE;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_RESOLUTIONUNIT, &unit);
  double size_nm = 0;
  if (unit == RESUNIT_CENTIMETER) size_nm = 1e7 / per_unit;
  if (unit == RESUNIT_INCH) size_nm = 2.54e7 / per_unit;
  return size_nm <= kLargestScaleNm ? size_nm : 0;
}

// MinIsWhite stores bright as small. Only where "largest value" has a meaning.
absl::Status Invert(StoredType type, std::string& stored) {
  if (type != StoredType::kU8 && type != StoredType::kU16 && type != StoredType::kU32) {
    return absl::InvalidArgumentError(
        "PhotometricInterpretation MinIsWhite is supported for unsigned integers only");
  }
  for (char& byte : stored) byte = static_cast<char>(~byte);  // max - value, byte by byte
  return absl::OkStatus();
}

class TiffReader final : public ImageFileReader {
 public:
  // `log` is what `tiff` writes its messages to. `damage`: why the file cannot be followed behind
  // its `readable` pages; empty: it ends there.
  TiffReader(std::string path, std::unique_ptr<MessageLog> log, TiffHandle tiff, int readable,
             std::string damage)
      : path_(std::move(path)),
        log_(std::move(log)),
        tiff_(std::move(tiff)),
        readable_(readable),
        damage_(std::move(damage)),
        first_pixel_size_nm_(PixelSizeNm(tiff_.get())) {}

  // What was cut off counts as one page, so that nobody takes the rest for the whole.
  int count() const override { return readable_ + (damage_.empty() ? 0 : 1); }

  absl::StatusOr<RawImage> Read(int index) override {
    if (index < 0 || index >= count()) {
      return absl::OutOfRangeError(absl::StrCat(path_, ": page ", index, " of ", count()));
    }
    if (index >= readable_) {
      return absl::InvalidArgumentError(
          absl::StrCat(path_, ": page ", index,
                       " and what may follow it: truncated or damaged (libtiff: ", damage_, ")"));
    }
    absl::StatusOr<RawImage> image = ReadPage(index);
    if (image.ok()) return image;
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ": page ", index, ": ", image.status().message()));
  }

 private:
  absl::Status LibraryError(absl::string_view what) {
    const std::string said = log_->Take();
    return absl::InvalidArgumentError(
        absl::StrCat(what, said.empty() ? "" : absl::StrCat(" (libtiff: ", said, ")")));
  }

  absl::StatusOr<RawImage> ReadPage(int index) {
    TIFF* tiff = tiff_.get();
    log_->Take();
    // Stepping to the next page is cheap; any other jump walks from the first.
    const int current = static_cast<int>(TIFFCurrentDirectory(tiff));
    const bool there = index == current       ? true
                       : index == current + 1 ? TIFFReadDirectory(tiff) == 1
                                              : TIFFSetDirectory(tiff, index) == 1;
    if (!there) return LibraryError("its directory cannot be read");

    uint32_t width = 0, height = 0;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
    for (const auto& [name, side] : {std::pair("ImageWidth", width), {"ImageLength", height}}) {
      if (side < 1 || side > kMaxSide) {
        return absl::InvalidArgumentError(
            absl::StrCat(name, " ", side, " is not in [1, ", kMaxSide, "]"));
      }
    }
    uint16_t samples = 1, bits = 1, format = SAMPLEFORMAT_UINT,
             photometric = PHOTOMETRIC_MINISBLACK;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    if (samples != 1) {
      return absl::InvalidArgumentError(absl::StrCat(
          "SamplesPerPixel ", samples, " is not 1; save the image as one grey channel"));
    }
    if (photometric != PHOTOMETRIC_MINISBLACK && photometric != PHOTOMETRIC_MINISWHITE) {
      return absl::InvalidArgumentError(
          absl::StrCat("PhotometricInterpretation ", photometric, " is not grey (0 or 1)"));
    }
    ASSIGN_OR_RETURN(const StoredType type, TypeOf(bits, format));

    const size_t row_bytes = size_t{width} * BytesPerPixel(type);
    std::string stored(row_bytes * height, '\0');
    RETURN_IF_ERROR(TIFFIsTiled(tiff) ? ReadTiles(width, height, BytesPerPixel(type), stored)
                                      : ReadStrips(height, row_bytes, stored));
    if (photometric == PHOTOMETRIC_MINISWHITE) RETURN_IF_ERROR(Invert(type, stored));
    RawImage image;
    image.width = static_cast<int>(width);
    image.height = static_cast<int>(height);
    image.pixel_size_nm = PixelSizeNm(tiff);
    // Many writers state the scale of a stack on its first page only.
    if (image.pixel_size_nm == 0) image.pixel_size_nm = first_pixel_size_nm_;
    RETURN_IF_ERROR(ConvertPixels(type, std::move(stored), image));
    return image;
  }

  absl::Status ReadStrips(uint32_t height, size_t row_bytes, std::string& stored) {
    TIFF* tiff = tiff_.get();
    uint32_t rows_per_strip = height;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &rows_per_strip);
    if (rows_per_strip == 0) return absl::InvalidArgumentError("RowsPerStrip 0");
    rows_per_strip = std::min(rows_per_strip, height);
    if (static_cast<size_t>(TIFFScanlineSize(tiff)) != row_bytes) {
      return LibraryError(
          absl::StrCat("a row has ", TIFFScanlineSize(tiff), " bytes instead of ", row_bytes));
    }
    for (uint32_t row = 0, strip = 0; row < height; row += rows_per_strip, ++strip) {
      const size_t wanted = std::min(rows_per_strip, height - row) * row_bytes;
      const tmsize_t got = TIFFReadEncodedStrip(tiff, strip, stored.data() + row * row_bytes,
                                                static_cast<tmsize_t>(wanted));
      if (got != static_cast<tmsize_t>(wanted)) {
        return LibraryError(absl::StrCat("strip ", strip, " is truncated or damaged"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadTiles(uint32_t width, uint32_t height, size_t pixel_bytes, std::string& stored) {
    TIFF* tiff = tiff_.get();
    uint32_t tile_width = 0, tile_height = 0;
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &tile_width);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &tile_height);
    if (tile_width < 1 || tile_width > kMaxSide || tile_height < 1 || tile_height > kMaxSide) {
      return absl::InvalidArgumentError(absl::StrCat("TileWidth x TileLength ", tile_width, " x ",
                                                     tile_height, " is not in [1, ", kMaxSide,
                                                     "]"));
    }
    std::string tile(size_t{tile_width} * tile_height * pixel_bytes, '\0');
    if (TIFFTileSize(tiff) != static_cast<tmsize_t>(tile.size())) {
      return LibraryError(
          absl::StrCat("a tile has ", TIFFTileSize(tiff), " bytes instead of ", tile.size()));
    }
    for (uint32_t y = 0; y < height; y += tile_height) {
      for (uint32_t x = 0; x < width; x += tile_width) {
        if (TIFFReadTile(tiff, tile.data(), x, y, 0, 0) != static_cast<tmsize_t>(tile.size())) {
          return LibraryError(
              absl::StrCat("the tile at (", x, ", ", y, ") is truncated or damaged"));
        }
        const size_t copied = std::min(tile_width, width - x) * pixel_bytes;
        for (uint32_t row = 0; row < std::min(tile_height, height - y); ++row) {
          std::memcpy(stored.data() + ((size_t{y} + row) * width + x) * pixel_bytes,
                      tile.data() + size_t{row} * tile_width * pixel_bytes, copied);
        }
      }
    }
    return absl::OkStatus();
  }

  const std::string path_;
  const std::unique_ptr<MessageLog> log_;  // outlives tiff_
  const TiffHandle tiff_;
  const int readable_;
  const std::string damage_;
  const double first_pixel_size_nm_;  // of the first page; 0: it does not say
};

}  // namespace

bool IsTiff(absl::string_view start) {
  const absl::string_view magic = start.substr(0, 4);
  return magic == absl::string_view("II*\0", 4) || magic == absl::string_view("MM\0*", 4) ||
         magic == absl::string_view("II+\0", 4) || magic == absl::string_view("MM\0+", 4);
}

absl::StatusOr<std::unique_ptr<ImageFileReader>> OpenTiff(const std::string& path) {
  auto log = std::make_unique<MessageLog>();
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             &TIFFOpenOptionsFree);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMaxAllocation);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), &MessageLog::Append, log.get());
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), &MessageLog::Ignore, nullptr);
  // m: no memory map, so a file that shrinks while it is read is an error and not a signal.
  TiffHandle tiff(TIFFOpenExt(path.c_str(), "rm", options.get()));
  const auto refuse = [&](absl::string_view what) {
    const std::string said = log->Take();
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", what, said.empty() ? "" : absl::StrCat(" (libtiff: ", said, ")")));
  };
  if (tiff == nullptr) return refuse("not a readable TIFF file");
  log->Take();
  const int64_t count = TIFFNumberOfDirectories(tiff.get());
  if (count < 1) return refuse("TIFF file without pages");
  std::string damage = log->Take();
  return std::make_unique<TiffReader>(path, std::move(log), std::move(tiff),
                                      static_cast<int>(count), std::move(damage));
}

}  // namespace atomstream
