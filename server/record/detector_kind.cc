#include "server/record/detector_kind.h"

namespace atomstream {

absl::string_view DetectorName(DetectorKind kind) {
  return kind == DetectorKind::kLogStar ? "log_star" : "unet";
}

std::optional<DetectorKind> DetectorNamed(absl::string_view name) {
  for (const DetectorKind kind : kDetectorKinds) {
    if (DetectorName(kind) == name) return kind;
  }
  return std::nullopt;
}

std::vector<std::string> DetectorSet::Names() const {
  std::vector<std::string> names;
  for (const DetectorKind kind : kDetectorKinds) {
    if (Has(kind)) names.emplace_back(DetectorName(kind));
  }
  return names;
}

}  // namespace atomstream
