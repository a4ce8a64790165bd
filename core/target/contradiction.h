// FindContradiction: whether an expression of conditions can be met at all. For CheckCriteria,
// which has checked each condition by itself before. Pure function; any thread.
#ifndef ATOMSTREAM_CORE_TARGET_CONTRADICTION_H_
#define ATOMSTREAM_CORE_TARGET_CONTRADICTION_H_

#include "absl/status/status.h"
#include "core/target/criteria.h"

namespace atomstream {

// OK if some site could meet the condition; else InvalidArgument says which conditions leave
// nothing over. Also InvalidArgument if "any of (all of …)" has more than 4096 alternatives.
// Lengths in nm need context.pixel_size_nm > 0.
absl::Status FindContradiction(const Condition& where, const CriteriaContext& context);

// The length in pixels.
inline double ToPixels(double length, LengthUnit unit, const CriteriaContext& context) {
  return unit == LengthUnit::kPixels ? length : length / context.pixel_size_nm;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_TARGET_CONTRADICTION_H_
