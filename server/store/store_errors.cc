#include "server/store/store_errors.h"

#include <optional>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

std::string RangeText(const KeptRange& range) {
  if (range.newest == 0) return "nothing is kept yet";
  return absl::StrCat("kept are ", range.oldest, " to ", range.newest);
}

}  // namespace

absl::Status CheckEpoch(const std::string& asked, const std::string& epoch) {
  if (asked == epoch) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat("position.epoch = ", asked, ": the present epoch is ", epoch));
}

absl::Status CheckKept(int64_t sequence, const KeptRange& range) {
  if (range.newest > 0 && sequence >= range.oldest && sequence <= range.newest) {
    return absl::OkStatus();
  }
  return absl::NotFoundError(
      absl::StrCat("position.sequence = ", sequence, ": ", RangeText(range)));
}

absl::Status NoResultOf(absl::string_view frame_id) {
  return absl::NotFoundError(
      absl::StrCat("frame_id = ", frame_id, ": no result of this frame is kept"));
}

absl::Status CheckReadAfter(int64_t after, const KeptRange& range) {
  if (after >= 0 && after <= range.newest && (range.newest == 0 || after + 1 >= range.oldest)) {
    return absl::OkStatus();
  }
  return absl::OutOfRangeError(
      absl::StrCat("sequence = ", after, ": cannot go on behind it; ", RangeText(range)));
}

bool IsOf(const StoredResult& result, DetectorSet detectors) {
  const std::optional<DetectorKind> kind = DetectorNamed(result.key.detector);
  return !kind || detectors.Has(*kind);
}

}  // namespace atomstream
