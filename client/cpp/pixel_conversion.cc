#include "client/cpp/pixel_conversion.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

static_assert(std::endian::native == std::endian::little,
              "pixels are handed on as they lie in memory, and frames are little-endian");

using PixelType = RawImage::PixelType;

// Unaligned access to the i-th value of a byte string.
template <typename T>
T Load(const std::string& bytes, size_t i) {
  T value;
  std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
  return value;
}

template <typename From, typename To>
std::string CastAll(const std::string& stored) {
  const size_t count = stored.size() / sizeof(From);
  std::string out(count * sizeof(To), '\0');
  for (size_t i = 0; i < count; ++i) {
    const To value = static_cast<To>(Load<From>(stored, i));
    std::memcpy(out.data() + i * sizeof(To), &value, sizeof(To));
  }
  return out;
}

void Store(PixelType type, std::string bytes, RawImage& image) {
  image.pixel_type = type;
  image.bytes = std::move(bytes);
}

// Integers become the first of i16, u32, f32 that holds all of them exactly.
template <typename From>
absl::Status ConvertInteger(const std::string& stored, RawImage& image) {
  const size_t count = stored.size() / sizeof(From);
  From lowest = std::numeric_limits<From>::max();
  From highest = std::numeric_limits<From>::min();
  for (size_t i = 0; i < count; ++i) {
    const From value = Load<From>(stored, i);
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  const auto within = [&](auto least, auto most) {
    return std::cmp_greater_equal(lowest, least) && std::cmp_less_equal(highest, most);
  };
  constexpr int64_t kExactInFloat = int64_t{1} << 24;
  if (within(std::numeric_limits<int16_t>::min(), std::numeric_limits<int16_t>::max())) {
    Store(PixelType::kI16, CastAll<From, int16_t>(stored), image);
  } else if (within(0, std::numeric_limits<uint32_t>::max())) {
    Store(PixelType::kU32, CastAll<From, uint32_t>(stored), image);
  } else if (within(-kExactInFloat, kExactInFloat)) {
    Store(PixelType::kF32, CastAll<From, float>(stored), image);
  } else {
    return absl::InvalidArgumentError(absl::StrCat(
        "pixel values from ", lowest, " to ", highest,
        " fit none of i16, u32 and f32 exactly; rescale the image or save it as float32"));
  }
  return absl::OkStatus();
}

absl::Status ConvertDouble(const std::string& stored, RawImage& image) {
  const size_t count = stored.size() / sizeof(double);
  for (size_t i = 0; i < count; ++i) {
    const double value = Load<double>(stored, i);
    // NaN and infinities go on as they are: whoever makes a frame of them refuses them.
    if (std::isfinite(value) && std::abs(value) > std::numeric_limits<float>::max()) {
      return absl::InvalidArgumentError(
          absl::StrCat("pixel ", i, " = ", value, " does not fit in float32"));
    }
  }
  Store(PixelType::kF32, CastAll<double, float>(stored), image);
  return absl::OkStatus();
}

}  // namespace

int BytesPerPixel(RawImage::PixelType type) {
  switch (type) {
    case PixelType::kU8:
      return 1;
    case PixelType::kU16:
    case PixelType::kI16:
      return 2;
    case PixelType::kU32:
    case PixelType::kF32:
      return 4;
  }
  return 0;
}

int BytesPerPixel(StoredType type) {
  switch (type) {
    case StoredType::kU8:
    case StoredType::kI8:
      return 1;
    case StoredType::kU16:
    case StoredType::kI16:
      return 2;
    case StoredType::kU32:
    case StoredType::kI32:
    case StoredType::kF32:
      return 4;
    case StoredType::kU64:
    case StoredType::kI64:
    case StoredType::kF64:
      return 8;
  }
  return 0;
}

absl::Status ConvertPixels(StoredType type, std::string stored, RawImage& image) {
  switch (type) {
    case StoredType::kU8:
      Store(PixelType::kU8, std::move(stored), image);
      return absl::OkStatus();
    case StoredType::kU16:
      Store(PixelType::kU16, std::move(stored), image);
      return absl::OkStatus();
    case StoredType::kI16:
      Store(PixelType::kI16, std::move(stored), image);
      return absl::OkStatus();
    case StoredType::kU32:
      Store(PixelType::kU32, std::move(stored), image);
      return absl::OkStatus();
    case StoredType::kF32:
      Store(PixelType::kF32, std::move(stored), image);
      return absl::OkStatus();
    case StoredType::kI8:
      return ConvertInteger<int8_t>(stored, image);
    case StoredType::kI32:
      return ConvertInteger<int32_t>(stored, image);
    case StoredType::kI64:
      return ConvertInteger<int64_t>(stored, image);
    case StoredType::kU64:
      return ConvertInteger<uint64_t>(stored, image);
    case StoredType::kF64:
      return ConvertDouble(stored, image);
  }
  return absl::InternalError("unknown stored type");
}

}  // namespace atomstream
