#include "server/codec/frame_codec.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/base/status_macros.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "server/record/invalid_field.h"

namespace atomstream {
namespace {

constexpr size_t kMaxIdBytes = 128;
constexpr int kNanosPerSecond = 1000000000;

absl::Status Refuse(absl::string_view field, absl::AlphaNum value, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(field, " = ", value, ": ", why));
}

absl::StatusOr<PixelType> PixelTypeFromProto(int type) {
  switch (type) {
    case v1::PIXEL_TYPE_U8:
      return PixelType::kU8;
    case v1::PIXEL_TYPE_U16:
      return PixelType::kU16;
    case v1::PIXEL_TYPE_I16:
      return PixelType::kI16;
    case v1::PIXEL_TYPE_U32:
      return PixelType::kU32;
    case v1::PIXEL_TYPE_F32:
      return PixelType::kF32;
    default:
      return Refuse("pixel_type", type, "must be U8 (1), U16 (2), I16 (3), U32 (4) or F32 (5)");
  }
}

v1::PixelType PixelTypeToProto(PixelType type) {
  switch (type) {
    case PixelType::kU8:
      return v1::PIXEL_TYPE_U8;
    case PixelType::kU16:
      return v1::PIXEL_TYPE_U16;
    case PixelType::kI16:
      return v1::PIXEL_TYPE_I16;
    case PixelType::kU32:
      return v1::PIXEL_TYPE_U32;
    case PixelType::kF32:
      return v1::PIXEL_TYPE_F32;
  }
  return v1::PIXEL_TYPE_UNSPECIFIED;
}

absl::StatusOr<double> FieldOfViewNm(const v1::Frame& proto) {
  const double value = proto.field_of_view_nm();
  if (!(value >= 0) || !std::isfinite(value)) {
    return Refuse("field_of_view_nm", value, "must be finite and not negative (0: unknown)");
  }
  return value;
}

absl::StatusOr<double> DwellTimeSeconds(const google::protobuf::Duration& dwell) {
  const double seconds = static_cast<double>(dwell.seconds()) + dwell.nanos() * 1e-9;
  if (!(seconds >= 0) || std::abs(dwell.nanos()) >= kNanosPerSecond) {
    return Refuse("dwell_time", absl::StrCat(dwell.seconds(), " s ", dwell.nanos(), " ns"),
                  "must not be negative");
  }
  return seconds;
}

absl::StatusOr<absl::Time> AcquisitionTime(const google::protobuf::Timestamp& time) {
  // The range of a protobuf Timestamp: years 1 to 9999.
  if (time.seconds() < -62135596800 || time.seconds() > 253402300799 || time.nanos() < 0 ||
      time.nanos() >= kNanosPerSecond) {
    return Refuse("acquisition_time", absl::StrCat(time.seconds(), " s ", time.nanos(), " ns"),
                  "is not a time between the years 1 and 9999");
  }
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

absl::StatusOr<std::vector<PointPx>> PositionsFromProto(const v1::GroundTruth& truth) {
  if (truth.x_px_size() != truth.y_px_size()) {
    return Refuse("ground_truth",
                  absl::StrCat(truth.x_px_size(), " x_px, ", truth.y_px_size(), " y_px"),
                  "must have as many of both");
  }
  std::vector<PointPx> positions(truth.x_px_size());
  for (int i = 0; i < truth.x_px_size(); ++i) {
    positions[i] = {truth.x_px(i), truth.y_px(i)};
    if (!std::isfinite(positions[i].x_px) || !std::isfinite(positions[i].y_px)) {
      return Refuse("ground_truth",
                    absl::StrCat("(", truth.x_px(i), ", ", truth.y_px(i), ") at entry ", i),
                    "must be finite");
    }
  }
  return positions;
}

template <typename T>
std::string RowsOf(const Image& image) {
  std::string rows(image.total() * sizeof(T), '\0');
  char* out = rows.data();
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x, out += sizeof(T)) {
      // A u32 that float32 rounded up may lie just above the largest u32.
      const double limit = static_cast<double>(std::numeric_limits<T>::max());
      const T value = static_cast<T>(std::min<double>(image(y, x), limit));
      std::memcpy(out, &value, sizeof(T));
    }
  }
  return rows;
}

template <>
std::string RowsOf<float>(const Image& image) {
  std::string rows;
  rows.reserve(image.total() * sizeof(float));
  for (int y = 0; y < image.rows; ++y) {
    rows.append(reinterpret_cast<const char*>(image[y]), image.cols * sizeof(float));
  }
  return rows;
}

std::string RowsOf(const Image& image, PixelType type) {
  switch (type) {
    case PixelType::kU8:
      return RowsOf<uint8_t>(image);
    case PixelType::kU16:
      return RowsOf<uint16_t>(image);
    case PixelType::kI16:
      return RowsOf<int16_t>(image);
    case PixelType::kU32:
      return RowsOf<uint32_t>(image);
    case PixelType::kF32:
      return RowsOf<float>(image);
  }
  return {};
}

absl::StatusOr<std::shared_ptr<const Frame>> NamedFrameFromProto(const v1::Frame& proto,
                                                                 std::string id) {
  FrameMetadata metadata;
  metadata.id = std::move(id);
  metadata.number = proto.frame_number();
  metadata.detector = proto.detector();
  metadata.material = proto.material();
  ASSIGN_OR_RETURN(const PixelType type, PixelTypeFromProto(proto.pixel_type()));
  ASSIGN_OR_RETURN(metadata.acquisition_time, AcquisitionTime(proto.acquisition_time()));
  ASSIGN_OR_RETURN(metadata.dwell_time_s, DwellTimeSeconds(proto.dwell_time()));
  ASSIGN_OR_RETURN(const double field_of_view_nm, FieldOfViewNm(proto));
  metadata.pixel_size_nm = proto.pixel_size_nm();
  if (metadata.pixel_size_nm == 0 && proto.width_px() > 0) {
    metadata.pixel_size_nm = field_of_view_nm / proto.width_px();
  }
  if (proto.has_ground_truth()) {
    ASSIGN_OR_RETURN(metadata.ground_truth, PositionsFromProto(proto.ground_truth()));
  }
  return Frame::Create(std::move(metadata), proto.width_px(), proto.height_px(), type,
                       proto.pixels());
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Frame>> FrameFromProto(const v1::Frame& proto,
                                                            absl::string_view fallback_id) {
  if (proto.frame_id().size() > kMaxIdBytes) {
    return Refuse("frame_id", absl::StrCat(proto.frame_id().size(), " bytes"),
                  absl::StrCat("must be at most ", kMaxIdBytes, " bytes"));
  }
  std::string id = proto.frame_id().empty() ? std::string(fallback_id) : proto.frame_id();
  absl::StatusOr<std::shared_ptr<const Frame>> frame = NamedFrameFromProto(proto, id);
  if (frame.ok()) return frame;
  absl::Status refusal = frame.status();
  SetRefusedFrame(id, refusal);
  return refusal;
}

v1::Frame FrameMetadataToProto(const Frame& frame) {
  const FrameMetadata& metadata = frame.metadata();
  v1::Frame proto;
  proto.set_frame_id(metadata.id);
  proto.set_frame_number(metadata.number);
  const int64_t seconds = absl::ToUnixSeconds(metadata.acquisition_time);
  proto.mutable_acquisition_time()->set_seconds(seconds);
  proto.mutable_acquisition_time()->set_nanos(static_cast<int32_t>(
      (metadata.acquisition_time - absl::FromUnixSeconds(seconds)) / absl::Nanoseconds(1)));
  proto.set_detector(metadata.detector);
  proto.set_pixel_size_nm(metadata.pixel_size_nm);
  if (metadata.dwell_time_s > 0) {
    const auto whole = static_cast<int64_t>(metadata.dwell_time_s);
    // Rounded, so that a frame that is decoded and encoded again stays what it was.
    const auto nanos = static_cast<int32_t>(
        std::lround((metadata.dwell_time_s - static_cast<double>(whole)) * kNanosPerSecond));
    proto.mutable_dwell_time()->set_seconds(whole + nanos / kNanosPerSecond);
    proto.mutable_dwell_time()->set_nanos(nanos % kNanosPerSecond);
  }
  proto.set_field_of_view_nm(metadata.pixel_size_nm * frame.width());
  proto.set_material(metadata.material);
  return proto;
}

v1::Frame FrameWithoutTruthToProto(const Frame& frame) {
  v1::Frame proto = FrameMetadataToProto(frame);
  proto.set_width_px(frame.width());
  proto.set_height_px(frame.height());
  proto.set_pixel_type(PixelTypeToProto(frame.pixel_type()));
  proto.set_pixels(RowsOf(frame.image(), frame.pixel_type()));
  return proto;
}

v1::Frame FrameToProto(const Frame& frame) {
  v1::Frame proto = FrameWithoutTruthToProto(frame);
  if (frame.metadata().ground_truth) {
    v1::GroundTruth& truth = *proto.mutable_ground_truth();
    for (const PointPx& point : *frame.metadata().ground_truth) {
      truth.add_x_px(static_cast<float>(point.x_px));
      truth.add_y_px(static_cast<float>(point.y_px));
      truth.add_species(0);
    }
    truth.add_species_names("");
  }
  return proto;
}

}  // namespace atomstream
