#include "server/service/result_filter.h"

#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/record/detector_kind.h"
#include "server/record/frame_record.h"

namespace atomstream {
namespace {

constexpr double kNoBound = std::numeric_limits<double>::infinity();
constexpr size_t kMaxShown = 64;  // of a text in a message
// The years 1 to 9999, which a Timestamp may tell.
constexpr int64_t kFirstSecond = -62'135'596'800;
constexpr int64_t kLastSecond = 253'402'300'799;

absl::Status Refusal(absl::string_view field, absl::string_view value, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("filter.", field, " = ", value, ": ", why));
}

std::string TextOf(const google::protobuf::Timestamp& time) {
  return absl::StrCat(time.seconds(), " s ", time.nanos(), " ns");
}

absl::StatusOr<absl::Time> TimeOf(absl::string_view field,
                                  const google::protobuf::Timestamp& time) {
  if (time.seconds() < kFirstSecond || time.seconds() > kLastSecond) {
    return Refusal(field, TextOf(time), "must lie in the years 1 to 9999");
  }
  if (time.nanos() < 0 || time.nanos() > 999'999'999) {
    return Refusal(field, TextOf(time), "nanos must be in [0, 999999999]");
  }
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

absl::Status CheckText(absl::string_view field, const std::string& text) {
  if (text.size() <= EntryKey::kMaxTextBytes) return absl::OkStatus();
  return Refusal(field, absl::StrCat(absl::CEscape(text.substr(0, kMaxShown)), "…"),
                 absl::StrCat("must be at most ", EntryKey::kMaxTextBytes, " bytes long"));
}

absl::StatusOr<double> BoundOf(absl::string_view field, double value, double max) {
  if (std::isfinite(value) && value >= 0 && value <= max) return value;
  return Refusal(field, absl::StrCat(value),
                 std::isfinite(max) ? absl::StrCat("must be in [0, ", max, "]")
                                    : std::string("must be finite and not negative"));
}

absl::Status FillTexts(const v1::ResultFilter& filter, EntryFilter& wanted) {
  for (const auto& [field, text] :
       {std::pair("frame_id", &filter.frame_id()), std::pair("detector", &filter.detector()),
        std::pair("material", &filter.material()), std::pair("origin", &filter.origin())}) {
    RETURN_IF_ERROR(CheckText(field, *text));
  }
  if (!filter.detector().empty() && !DetectorNamed(filter.detector()).has_value()) {
    return Refusal("detector", absl::CEscape(filter.detector()), "must be log_star or unet");
  }
  if (!filter.origin().empty() && filter.origin() != FrameOriginName(FrameOrigin::kSource) &&
      filter.origin() != FrameOriginName(FrameOrigin::kAnalyze)) {
    return Refusal("origin", absl::CEscape(filter.origin()), "must be source or analyze");
  }
  wanted.frame_id = filter.frame_id();
  wanted.detector = filter.detector();
  wanted.material = filter.material();
  wanted.origin = filter.origin();
  return absl::OkStatus();
}

absl::Status FillTimes(const v1::ResultFilter& filter, EntryFilter& wanted) {
  if (filter.has_acquired_from()) {
    ASSIGN_OR_RETURN(wanted.acquired_from, TimeOf("acquired_from", filter.acquired_from()));
  }
  if (filter.has_acquired_before()) {
    ASSIGN_OR_RETURN(wanted.acquired_before, TimeOf("acquired_before", filter.acquired_before()));
  }
  if (wanted.acquired_from && wanted.acquired_before &&
      *wanted.acquired_before <= *wanted.acquired_from) {
    return Refusal(
        "acquired_before",
        absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", *wanted.acquired_before, absl::UTCTimeZone()),
        "must be later than filter.acquired_from");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<EntryFilter> FilterFromProto(const v1::ResultFilter& filter) {
  EntryFilter wanted;
  RETURN_IF_ERROR(FillTexts(filter, wanted));
  RETURN_IF_ERROR(FillTimes(filter, wanted));
  if (filter.has_succeeded()) wanted.ok = filter.succeeded();
  if (filter.has_min_atoms()) {
    if (filter.min_atoms() < 0) {
      return Refusal("min_atoms", absl::StrCat(filter.min_atoms()), "must not be negative");
    }
    wanted.min_atom_count = filter.min_atoms();
  }
  if (filter.has_max_qc()) {
    ASSIGN_OR_RETURN(wanted.max_qc, BoundOf("max_qc", filter.max_qc(), kNoBound));
  }
  if (filter.has_max_er()) {
    ASSIGN_OR_RETURN(wanted.max_er, BoundOf("max_er", filter.max_er(), kNoBound));
  }
  if (filter.has_min_f1()) {
    ASSIGN_OR_RETURN(wanted.min_f1, BoundOf("min_f1", filter.min_f1(), 1));
  }
  return wanted;
}

}  // namespace atomstream
