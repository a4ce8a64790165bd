#include "client/cpp/npy_file.h"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "client/cpp/pixel_conversion.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr char kMagic[] = "\x93NUMPY";
constexpr size_t kMagicSize = 6;
constexpr uint32_t kMaxHeaderSize = 1 << 20;  // a header is about 100 bytes; more is a broken file

// Reads the few Python literals that an NPY header consists of.
class LiteralCursor {
 public:
  explicit LiteralCursor(absl::string_view text) : text_(text) {}

  void SkipSpace() {
    while (position_ < text_.size() && std::strchr(" \t\r\n", text_[position_]) != nullptr) {
      ++position_;
    }
  }
  bool Take(char c) {
    SkipSpace();
    if (position_ >= text_.size() || text_[position_] != c) return false;
    ++position_;
    return true;
  }
  char Peek() {
    SkipSpace();
    return position_ < text_.size() ? text_[position_] : '\0';
  }
  std::optional<std::string> TakeString() {
    const char quote = Peek();
    if (quote != '\'' && quote != '"') return std::nullopt;
    const size_t end = text_.find(quote, position_ + 1);
    if (end == absl::string_view::npos) return std::nullopt;
    std::string value(text_.substr(position_ + 1, end - position_ - 1));
    position_ = end + 1;
    return value;
  }
  // Anything up to the comma or brace that ends it at this nesting depth.
  std::string TakeRaw() {
    SkipSpace();
    const size_t start = position_;
    int depth = 0;
    for (; position_ < text_.size(); ++position_) {
      const char c = text_[position_];
      if (depth == 0 && (c == ',' || c == '}')) break;
      if (c == '(' || c == '[' || c == '{') ++depth;
      if (c == ')' || c == ']' || c == '}') --depth;
    }
    absl::string_view raw = text_.substr(start, position_ - start);
    while (!raw.empty() && raw.back() == ' ') raw.remove_suffix(1);
    return std::string(raw);
  }

 private:
  const absl::string_view text_;
  size_t position_ = 0;
};

absl::StatusOr<std::vector<int64_t>> ParseShape(absl::string_view text) {
  const auto malformed = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("shape ", text, " is not a tuple of non-negative integers"));
  };
  LiteralCursor cursor(text);
  if (!cursor.Take('(')) return malformed();
  std::vector<int64_t> shape;
  std::string digits;
  bool closed = false;
  for (size_t i = text.find('(') + 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      digits.push_back(c);
    } else if (c == ',' || c == ')') {
      if (!digits.empty()) {
        int64_t value = 0;
        if (!absl::SimpleAtoi(digits, &value)) return malformed();
        shape.push_back(value);
        digits.clear();
      }
      if (c == ')') {
        closed = true;
        break;
      }
    } else if (c != ' ' && c != 'L') {  // Python 2 wrote 512L
      return malformed();
    }
  }
  if (!closed) return malformed();
  return shape;
}

absl::StatusOr<StoredType> ParseDescr(absl::string_view descr) {
  const auto refuse = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("descr '", descr, "' ", why));
  };
  if (descr.empty()) return refuse("is empty");
  if (descr[0] == '[') return refuse("is a structured type; save one field as a plain array");
  if (descr.find('O') != absl::string_view::npos) {
    return refuse("is an array of Python objects; save it with a numeric dtype");
  }
  if (descr[0] == '>') {
    return refuse("is big-endian, which is not supported; save it little-endian");
  }
  const absl::string_view code = descr.substr(1);
  if (descr[0] == '<' || descr[0] == '|') {
    if (code == "u1" || code == "b1") return StoredType::kU8;
    if (code == "i1") return StoredType::kI8;
    if (descr[0] == '<') {
      if (code == "u2") return StoredType::kU16;
      if (code == "u4") return StoredType::kU32;
      if (code == "u8") return StoredType::kU64;
      if (code == "i2") return StoredType::kI16;
      if (code == "i4") return StoredType::kI32;
      if (code == "i8") return StoredType::kI64;
      if (code == "f4") return StoredType::kF32;
      if (code == "f8") return StoredType::kF64;
    }
  }
  return refuse("is not supported; supported are little-endian u1-u8, i1-i8, f4, f8 and b1");
}

class NpyReader final : public ImageFileReader {
 public:
  NpyReader(std::string path, std::ifstream file, uint64_t data_offset, StoredType type, int count,
            int height, int width, bool transposed)
      : path_(std::move(path)),
        file_(std::move(file)),
        data_offset_(data_offset),
        type_(type),
        count_(count),
        height_(height),
        width_(width),
        transposed_(transposed) {}

  int count() const override { return count_; }

  absl::StatusOr<RawImage> Read(int index) override {
    if (index < 0 || index >= count_) {
      return absl::OutOfRangeError(absl::StrCat(path_, ": page ", index, " of ", count_));
    }
    const size_t pixel_size = BytesPerPixel(type_);
    const size_t page_size = pixel_size * width_ * height_;
    std::string stored(page_size, '\0');
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(data_offset_ + page_size * index));
    file_.read(stored.data(), static_cast<std::streamsize>(page_size));
    if (static_cast<size_t>(file_.gcount()) != page_size) {
      return absl::InvalidArgumentError(absl::StrCat(
          path_, ": page ", index, ": truncated: ", file_.gcount(), " of ", page_size, " bytes"));
    }
    if (transposed_) stored = Transpose(stored, pixel_size);
    RawImage image;
    image.width = width_;
    image.height = height_;
    const absl::Status converted = ConvertPixels(type_, std::move(stored), image);
    if (!converted.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path_, ": page ", index, ": ", converted.message()));
    }
    return image;
  }

 private:
  // Fortran order stores column after column.
  std::string Transpose(const std::string& stored, size_t pixel_size) const {
    std::string rows(stored.size(), '\0');
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) {
        std::memcpy(rows.data() + (static_cast<size_t>(y) * width_ + x) * pixel_size,
                    stored.data() + (static_cast<size_t>(x) * height_ + y) * pixel_size,
                    pixel_size);
      }
    }
    return rows;
  }

  const std::string path_;
  std::ifstream file_;
  const uint64_t data_offset_;
  const StoredType type_;
  const int count_, height_, width_;
  const bool transposed_;
};

absl::Status CheckSide(absl::string_view name, int64_t side, absl::string_view shape_text) {
  if (side >= 1 && side <= ImageFileReader::kMaxSide) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("shape ", shape_text, ": ", name, " ", side,
                                                 " is not in [1, ", ImageFileReader::kMaxSide,
                                                 "]"));
}

absl::StatusOr<std::unique_ptr<ImageFileReader>> OpenNpyChecked(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return absl::InvalidArgumentError("cannot be opened");
  const uint64_t file_size = static_cast<uint64_t>(file.tellg());
  file.seekg(0);

  unsigned char start[12] = {};
  file.read(reinterpret_cast<char*>(start), sizeof(start));
  if (file.gcount() < 10) {
    return absl::InvalidArgumentError(absl::StrCat("truncated NPY header: ", file_size, " bytes"));
  }
  const int version = start[kMagicSize];
  uint32_t header_size = start[8] | start[9] << 8;
  uint64_t header_offset = 10;
  if (version == 2 || version == 3) {
    header_size |= static_cast<uint32_t>(start[10]) << 16 | static_cast<uint32_t>(start[11]) << 24;
    header_offset = 12;
  } else if (version != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("NPY version ", version, ".", start[kMagicSize + 1], " is not 1, 2 or 3"));
  }
  if (header_size > kMaxHeaderSize || header_offset + header_size > file_size) {
    return absl::InvalidArgumentError(absl::StrCat("truncated NPY header: it should be ",
                                                   header_size, " bytes long, the whole file has ",
                                                   file_size));
  }
  std::string text(header_size, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(header_offset));
  file.read(text.data(), header_size);
  ASSIGN_OR_RETURN(const NpyHeader header, ParseNpyHeader(text));
  ASSIGN_OR_RETURN(const StoredType type, ParseDescr(header.descr));

  const std::vector<int64_t>& shape = header.shape;
  if (shape.size() != 2 && shape.size() != 3) {
    return absl::InvalidArgumentError(
        absl::StrCat("shape ", header.shape_text, " has ", shape.size(),
                     " dimensions; 2 (row, column) or 3 (page, row, column) are read"));
  }
  const bool stack = shape.size() == 3;
  const int64_t count = stack ? shape[0] : 1;
  const int64_t height = shape[shape.size() - 2];
  const int64_t width = shape[shape.size() - 1];
  if (count < 1 || count > INT32_MAX) {
    return absl::InvalidArgumentError(
        absl::StrCat("shape ", header.shape_text, ": ", count, " pages"));
  }
  RETURN_IF_ERROR(CheckSide("height", height, header.shape_text));
  RETURN_IF_ERROR(CheckSide("width", width, header.shape_text));
  if (header.fortran_order && stack && count > 1) {
    return absl::InvalidArgumentError(
        "fortran_order True: a Fortran-order stack is not read; save it with "
        "numpy.ascontiguousarray");
  }
  // At most 2^31 pages of 2^24 pixels of 8 bytes: fits in 64 bits.
  const uint64_t data_size = static_cast<uint64_t>(count) * height * width * BytesPerPixel(type);
  const uint64_t data_offset = header_offset + header_size;
  if (file_size - data_offset < data_size) {
    return absl::InvalidArgumentError(
        absl::StrCat("truncated: shape ", header.shape_text, " of '", header.descr, "' needs ",
                     data_size, " bytes of pixels, the file has ", file_size - data_offset));
  }
  return std::make_unique<NpyReader>(path, std::move(file), data_offset, type,
                                     static_cast<int>(count), static_cast<int>(height),
                                     static_cast<int>(width), header.fortran_order);
}

}  // namespace

bool IsNpy(absl::string_view start) {
  return start.substr(0, kMagicSize) == absl::string_view(kMagic, kMagicSize);
}

absl::StatusOr<NpyHeader> ParseNpyHeader(absl::string_view text) {
  LiteralCursor cursor(text);
  const auto malformed = [](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("malformed NPY header: ", what));
  };
  if (!cursor.Take('{')) return malformed("it does not start with '{'");
  NpyHeader header;
  bool has_descr = false, has_order = false, has_shape = false;
  while (!cursor.Take('}')) {
    const std::optional<std::string> key = cursor.TakeString();
    if (!key || !cursor.Take(':')) return malformed("a key is not a string followed by ':'");
    if (*key == "descr") {
      has_descr = true;
      const std::optional<std::string> simple = cursor.TakeString();
      header.descr = simple ? *simple : cursor.TakeRaw();
    } else if (*key == "fortran_order") {
      has_order = true;
      const std::string value = cursor.TakeRaw();
      if (value != "True" && value != "False") {
        return malformed(absl::StrCat("fortran_order ", value, " is not True or False"));
      }
      header.fortran_order = value == "True";
    } else if (*key == "shape") {
      has_shape = true;
      header.shape_text = cursor.TakeRaw();
      ASSIGN_OR_RETURN(header.shape, ParseShape(header.shape_text));
    } else {
      return malformed(absl::StrCat("unknown key '", *key, "'"));
    }
    if (!cursor.Take(',') && cursor.Peek() != '}') return malformed("',' or '}' is missing");
  }
  if (!has_descr) return malformed("'descr' is missing");
  if (!has_order) return malformed("'fortran_order' is missing");
  if (!has_shape) return malformed("'shape' is missing");
  return header;
}

absl::StatusOr<std::unique_ptr<ImageFileReader>> OpenNpy(const std::string& path) {
  absl::StatusOr<std::unique_ptr<ImageFileReader>> reader = OpenNpyChecked(path);
  if (reader.ok()) return reader;
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", reader.status().message()));
}

absl::Status WriteNpy(absl::string_view path, const std::vector<RawImage>& pages) {
  if (pages.empty()) return absl::InvalidArgumentError("pages: empty");
  const RawImage& first = pages.front();
  for (const RawImage& page : pages) {
    if (page.width != first.width || page.height != first.height ||
        page.pixel_type != first.pixel_type) {
      return absl::InvalidArgumentError("pages: sizes or types differ");
    }
    const size_t expected =
        static_cast<size_t>(page.width) * page.height * BytesPerPixel(page.pixel_type);
    if (page.bytes.size() != expected) {
      return absl::InvalidArgumentError(
          absl::StrCat("bytes: ", page.bytes.size(), " instead of ", expected));
    }
  }
  const char* descr = "";
  switch (first.pixel_type) {
    case RawImage::PixelType::kU8:
      descr = "|u1";
      break;
    case RawImage::PixelType::kU16:
      descr = "<u2";
      break;
    case RawImage::PixelType::kI16:
      descr = "<i2";
      break;
    case RawImage::PixelType::kU32:
      descr = "<u4";
      break;
    case RawImage::PixelType::kF32:
      descr = "<f4";
      break;
  }
  const std::string shape = absl::StrCat(pages.size() > 1 ? absl::StrCat(pages.size(), ", ") : "",
                                         first.height, ", ", first.width);
  std::string header =
      absl::StrCat("{'descr': '", descr, "', 'fortran_order': False, 'shape': (", shape, "), }");
  // The format asks for data that starts at a multiple of 64 bytes.
  while ((kMagicSize + 4 + header.size() + 1) % 64 != 0) header.push_back(' ');
  header.push_back('\n');

  const std::string file_path(path);
  std::ofstream file(file_path, std::ios::binary | std::ios::trunc);
  file.write(kMagic, kMagicSize);
  const char version_and_size[4] = {1, 0, static_cast<char>(header.size() & 0xff),
                                    static_cast<char>(header.size() >> 8)};
  file.write(version_and_size, sizeof(version_and_size));
  file << header;
  for (const RawImage& page : pages) {
    file.write(page.bytes.data(), static_cast<std::streamsize>(page.bytes.size()));
  }
  file.close();
  if (!file) return absl::UnavailableError(absl::StrCat(path, ": cannot be written"));
  return absl::OkStatus();
}

}  // namespace atomstream
