#include "client/cli/filter_flags.h"

#include <cmath>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

absl::Status Refusal(absl::string_view flag, absl::string_view value, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("--", flag, " = ", value, ": ", why));
}

absl::StatusOr<google::protobuf::Timestamp> TimeOf(absl::string_view flag, absl::string_view value,
                                                   absl::Time now) {
  absl::Time time;
  if (!ParseTime(value, now, time)) {
    return Refusal(flag, value,
                   "is no time: use 2026-11-23, 2026-11-23T10:15:00Z, or -90m for 90 minutes ago");
  }
  google::protobuf::Timestamp timestamp;
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return timestamp;
}

absl::StatusOr<double> BoundOf(absl::string_view flag, absl::string_view value, double max) {
  double bound = 0;
  if (!absl::SimpleAtod(value, &bound) || !std::isfinite(bound)) {
    return Refusal(flag, value, "is not a number");
  }
  if (bound < 0 || bound > max) {
    return Refusal(flag, value,
                   std::isfinite(max) ? absl::StrCat("must be in [0, ", max, "]")
                                      : std::string("must not be negative"));
  }
  return bound;
}

}  // namespace

bool ParseTime(absl::string_view text, absl::Time now, absl::Time& time) {
  absl::Duration ago;
  absl::string_view length = text;
  if (absl::ConsumePrefix(&length, "-") && absl::ParseDuration(length, &ago)) {
    time = now - ago;
    return ago >= absl::ZeroDuration() && ago != absl::InfiniteDuration();
  }
  for (const char* format : {"%Y-%m-%dT%H:%M:%E*S%Ez", "%Y-%m-%dT%H:%M:%E*S", "%Y-%m-%d %H:%M:%E*S",
                             "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    // Texts such as "infinite-future" are times to absl.
    if (absl::ParseTime(format, text, absl::UTCTimeZone(), &time, nullptr) &&
        time != absl::InfiniteFuture() && time != absl::InfinitePast()) {
      return true;
    }
  }
  return false;
}

void FilterFlags::AddTo(FlagSet& flags) {
  flags.Add("from", &from,
            "frames acquired at this time or later: 2026-11-23T10:15:00Z, or -90m: 90 minutes ago");
  flags.Add("before", &before, "frames acquired before this time");
  flags.Add("detector", &detector, detector_help);
  flags.Add("material", &material, material_help);
  flags.Add("frame_id", &frame_id, "results of this frame");
  flags.Add("origin", &origin, "source: of the microscope; analyze: of frames sent by clients");
  flags.Add("min_atoms", &min_atoms, "at least so many atoms");
  flags.Add("max_qc", &max_qc, "QC at most; like the next two, leaves out results without it");
  flags.Add("max_er", &max_er, "ER at most");
  flags.Add("min_f1", &min_f1, "F1 against exact positions at least");
  flags.Add("succeeded", &succeeded, "no failures");
  flags.Add("failed", &failed, "failures only");
}

absl::StatusOr<v1::ResultFilter> FilterFlags::Filter(absl::Time now) const {
  v1::ResultFilter filter;
  if (!from.empty()) {
    ASSIGN_OR_RETURN(*filter.mutable_acquired_from(), TimeOf("from", from, now));
  }
  if (!before.empty()) {
    ASSIGN_OR_RETURN(*filter.mutable_acquired_before(), TimeOf("before", before, now));
  }
  if (!from.empty() && !before.empty()) {
    absl::Time first, end;
    ParseTime(from, now, first);
    ParseTime(before, now, end);
    if (end <= first) return Refusal("before", before, "must be later than --from");
  }
  if (detector != "both" && detector != "log_star" && detector != "unet") {
    return Refusal("detector", detector, "must be log_star, unet or both");
  }
  if (detector != "both") filter.set_detector(detector);
  filter.set_material(material);
  filter.set_frame_id(frame_id);
  if (!origin.empty() && origin != "source" && origin != "analyze") {
    return Refusal("origin", origin, "must be source or analyze");
  }
  filter.set_origin(origin);
  if (!min_atoms.empty()) {
    int64_t atoms = 0;
    if (!absl::SimpleAtoi(min_atoms, &atoms)) {
      return Refusal("min_atoms", min_atoms, "is not a whole number");
    }
    if (atoms < 0) return Refusal("min_atoms", min_atoms, "must not be negative");
    filter.set_min_atoms(atoms);
  }
  constexpr double kNoBound = std::numeric_limits<double>::infinity();
  if (!max_qc.empty()) {
    ASSIGN_OR_RETURN(const double bound, BoundOf("max_qc", max_qc, kNoBound));
    filter.set_max_qc(bound);
  }
  if (!max_er.empty()) {
    ASSIGN_OR_RETURN(const double bound, BoundOf("max_er", max_er, kNoBound));
    filter.set_max_er(bound);
  }
  if (!min_f1.empty()) {
    ASSIGN_OR_RETURN(const double bound, BoundOf("min_f1", min_f1, 1));
    filter.set_min_f1(bound);
  }
  if (succeeded && failed) {
    return absl::InvalidArgumentError("give either --succeeded or --failed");
  }
  if (succeeded || failed) filter.set_succeeded(succeeded);
  return filter;
}

std::string FilterFlags::Text() const {
  const FilterFlags defaults;
  std::string text;
  const auto add = [&](absl::string_view name, const std::string& value,
                       const std::string& default_value) {
    if (value != default_value) absl::StrAppend(&text, " --", name, "=", value);
  };
  add("from", from, defaults.from);
  add("before", before, defaults.before);
  add("detector", detector, defaults.detector);
  add("material", material, defaults.material);
  add("frame_id", frame_id, defaults.frame_id);
  add("origin", origin, defaults.origin);
  add("min_atoms", min_atoms, defaults.min_atoms);
  add("max_qc", max_qc, defaults.max_qc);
  add("max_er", max_er, defaults.max_er);
  add("min_f1", min_f1, defaults.min_f1);
  if (succeeded) text += " --succeeded";
  if (failed) text += " --failed";
  return text;
}

}  // namespace atomstream
