#include "server/record/invalid_field.h"

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace atomstream {
namespace {

// Not one of those that become details of an error on the wire.
constexpr char kFramePayload[] = "frame_id";

}  // namespace

InvalidField InvalidFieldOf(const absl::Status& status) {
  InvalidField result;
  absl::string_view text = status.message();
  size_t length = 0;
  while (length < text.size() &&
         (absl::ascii_isalnum(text[length]) || text[length] == '_' || text[length] == '.' ||
          text[length] == '[' || text[length] == ']')) {
    ++length;
  }
  const absl::string_view field = text.substr(0, length);
  text.remove_prefix(length);
  if (absl::StartsWith(text, ":")) {
    result.field = std::string(field);
    return result;
  }
  if (!absl::ConsumePrefix(&text, " = ")) return result;
  result.field = std::string(field);
  // The value ends at the first ": "; a value that contains one is cut there.
  result.value = std::string(text.substr(0, text.find(": ")));
  return result;
}

absl::string_view InvalidReason(const absl::Status& status) {
  std::string field = InvalidFieldOf(status).field;
  const size_t dot = field.rfind('.');
  if (dot != std::string::npos) field = field.substr(dot + 1);
  if (field == "width_px" || field == "height_px") return "size";
  if (field == "pixels") return "pixels";
  if (field == "pixel_type") return "pixel_type";
  if (field == "pixel_size_nm") return "pixel_size";
  if (field == "frame_id") return "frame_id";
  return "other";
}

void SetRefusedFrame(absl::string_view frame_id, absl::Status& status) {
  if (!status.ok() && !frame_id.empty()) status.SetPayload(kFramePayload, absl::Cord(frame_id));
}

std::string RefusedFrameOf(const absl::Status& status) {
  const absl::optional<absl::Cord> frame_id = status.GetPayload(kFramePayload);
  return frame_id ? std::string(*frame_id) : std::string();
}

}  // namespace atomstream
