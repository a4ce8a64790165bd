// Range checks of configuration values; each error reads "<field> = <value>: why".
#ifndef ATOMSTREAM_SERVER_CONFIG_CHECK_H_
#define ATOMSTREAM_SERVER_CONFIG_CHECK_H_

#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace atomstream {

// lowest <= value <= highest; NaN fails.
template <typename T>
absl::Status CheckInRange(absl::string_view field, T value, T lowest, T highest) {
  if (value >= lowest && value <= highest) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, " = ", value, ": must be in [", lowest, ", ", highest, "]"));
}

inline absl::Status CheckNotNegative(absl::string_view field, double value) {
  if (value >= 0 && std::isfinite(value)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, " = ", value, ": must be finite and not negative"));
}

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CONFIG_CHECK_H_
