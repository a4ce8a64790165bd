// CheckCriteria: refuses criteria that are wrong or can match nothing, before anybody waits for
// targets. Pure function; any thread.
#ifndef ATOMSTREAM_CORE_TARGET_CRITERIA_CHECK_H_
#define ATOMSTREAM_CORE_TARGET_CRITERIA_CHECK_H_

#include "absl/status/status.h"
#include "core/target/criteria.h"

namespace atomstream {

// Bounds of criteria. Whoever reads a condition from a message keeps to them while it reads: one of
// many levels would exhaust the stack.
inline constexpr int kMaxConditions = 64;
inline constexpr int kMaxConditionDepth = 8;
inline constexpr int kMaxCoordination = 32;

// InvalidArgument names the field and its value: a number that is not finite or out of range,
// min > max, an empty list, region or any_of, a region outside the frame, an unknown cluster or
// kind (and the known ones), a length in nm without a pixel size, a spacing that is negative or
// longer than the frame, a count or an order out of range, a path start outside the frame, more
// conditions or levels of them than allowed, and conditions that contradict each other.
//
// Contradictions are found in each property by itself, after the expression is brought into the
// form "any of (all of …)". A combination of three or more regions that have points in common two
// by two but not all together is not noticed; it just matches nothing.
absl::Status CheckCriteria(const Criteria& criteria, const CriteriaContext& context);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_TARGET_CRITERIA_CHECK_H_
