// The detectors by name, and sets of them. Plain values; any thread.
#ifndef ATOMSTREAM_SERVER_RECORD_DETECTOR_KIND_H_
#define ATOMSTREAM_SERVER_RECORD_DETECTOR_KIND_H_

#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace atomstream {

enum class DetectorKind { kLogStar, kUnet };

// In the order in which a frame's results are shown.
inline constexpr std::array<DetectorKind, 2> kDetectorKinds = {DetectorKind::kLogStar,
                                                               DetectorKind::kUnet};

absl::string_view DetectorName(DetectorKind kind);  // "log_star", "unet"
// nullopt: there is none of this name.
std::optional<DetectorKind> DetectorNamed(absl::string_view name);

class DetectorSet {
 public:
  constexpr DetectorSet(std::initializer_list<DetectorKind> kinds) {
    for (const DetectorKind kind : kinds) bits_ |= Bit(kind);
  }
  static constexpr DetectorSet All() { return {DetectorKind::kLogStar, DetectorKind::kUnet}; }

  constexpr void Add(DetectorKind kind) { bits_ |= Bit(kind); }
  constexpr bool Has(DetectorKind kind) const { return (bits_ & Bit(kind)) != 0; }
  constexpr bool operator==(const DetectorSet& other) const { return bits_ == other.bits_; }

  std::vector<std::string> Names() const;

 private:
  static constexpr unsigned Bit(DetectorKind kind) { return 1u << static_cast<unsigned>(kind); }

  unsigned bits_ = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_RECORD_DETECTOR_KIND_H_
