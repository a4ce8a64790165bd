#include "server/journal/entry.h"

#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/base/status_macros.h"
#include "server/journal/hash.h"

namespace atomstream {
namespace {

absl::Status CheckText(absl::string_view field, absl::string_view value) {
  if (value.size() <= EntryKey::kMaxTextBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(field, " = '", absl::CEscape(value.substr(0, 40)),
                                                 "…': ", value.size(), " bytes, at most ",
                                                 EntryKey::kMaxTextBytes, " are kept"));
}

absl::Status CheckTime(absl::string_view field, absl::Time time) {
  if (absl::FromUnixNanos(absl::ToUnixNanos(time)) + absl::Nanoseconds(1) > time &&
      absl::FromUnixNanos(absl::ToUnixNanos(time)) <= time) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(field, " = ",
                                                 absl::FormatTime(time, absl::UTCTimeZone()),
                                                 ": must lie in the years 1678 to 2262"));
}

absl::Status CheckNumber(absl::string_view field, const std::optional<double>& value) {
  if (!value.has_value() || std::isfinite(*value)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(field, " = ", *value, ": must be finite"));
}

bool Meets(const std::string& wanted, const std::string& value) {
  return wanted.empty() || wanted == value;
}

}  // namespace

absl::Status ValidateNewEntry(const NewEntry& entry) {
  const EntryKey& key = entry.key;
  if (key.frame_id.empty()) return absl::InvalidArgumentError("frame_id = '': must not be empty");
  RETURN_IF_ERROR(CheckText("frame_id", key.frame_id));
  RETURN_IF_ERROR(CheckText("detector", key.detector));
  RETURN_IF_ERROR(CheckText("origin", key.origin));
  RETURN_IF_ERROR(CheckText("material", key.material));
  RETURN_IF_ERROR(CheckTime("acquisition_time", key.acquisition_time));
  RETURN_IF_ERROR(CheckTime("result_time", key.result_time));
  RETURN_IF_ERROR(CheckNumber("qc", key.qc));
  RETURN_IF_ERROR(CheckNumber("er", key.er));
  RETURN_IF_ERROR(CheckNumber("f1", key.f1));
  if (key.analysis_start < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("analysis_start = ", key.analysis_start, ": must not be negative"));
  }
  if (!key.frame_sha256.empty() && key.frame_sha256.size() != kSha256Bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("frame_sha256: ", key.frame_sha256.size(), " bytes, must be ", kSha256Bytes));
  }
  if (entry.payload.size() > NewEntry::kMaxPayloadBytes) {
    return absl::InvalidArgumentError(absl::StrCat("payload: ", entry.payload.size(),
                                                   " bytes, at most ", NewEntry::kMaxPayloadBytes,
                                                   " are kept"));
  }
  return absl::OkStatus();
}

absl::Status ValidatePageRequest(const PageRequest& request) {
  if (request.max_entries < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_entries = ", request.max_entries, ": must be at least 1"));
  }
  if (request.max_bytes < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_bytes = ", request.max_bytes, ": must be at least 1"));
  }
  if (request.cursor < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cursor = ", request.cursor, ": must not be negative"));
  }
  return absl::OkStatus();
}

bool Matches(const EntryFilter& filter, const EntryKey& key) {
  if (!Meets(filter.frame_id, key.frame_id) || !Meets(filter.detector, key.detector) ||
      !Meets(filter.origin, key.origin) || !Meets(filter.material, key.material)) {
    return false;
  }
  if (filter.ok.has_value() && *filter.ok != key.ok) return false;
  if (filter.acquired_from.has_value() && key.acquisition_time < *filter.acquired_from) {
    return false;
  }
  if (filter.acquired_before.has_value() && key.acquisition_time >= *filter.acquired_before) {
    return false;
  }
  if (filter.min_atom_count.has_value() && key.atom_count < *filter.min_atom_count) return false;
  if (filter.max_qc.has_value() && !(key.qc.has_value() && *key.qc <= *filter.max_qc)) {
    return false;
  }
  if (filter.max_er.has_value() && !(key.er.has_value() && *key.er <= *filter.max_er)) {
    return false;
  }
  return !filter.min_f1.has_value() || (key.f1.has_value() && *key.f1 >= *filter.min_f1);
}

}  // namespace atomstream
