#include "server/codec/detector_choice.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace atomstream {

absl::StatusOr<DetectorSet> DetectorsOf(
    const google::protobuf::RepeatedPtrField<std::string>& names, DetectorSet available) {
  if (names.empty()) return available;
  DetectorSet wanted = {};
  for (const std::string& name : names) {
    const auto kind =
        std::find_if(kDetectorKinds.begin(), kDetectorKinds.end(), [&](DetectorKind candidate) {
          return available.Has(candidate) && DetectorName(candidate) == name;
        });
    if (kind == kDetectorKinds.end()) {
      return absl::NotFoundError(absl::StrCat("detectors = ", name, ": this daemon runs ",
                                              absl::StrJoin(available.Names(), " and ")));
    }
    wanted.Add(*kind);
  }
  return wanted;
}

}  // namespace atomstream
