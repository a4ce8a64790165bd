// FaultPlan: what goes wrong on purpose, by frame number and by the beam's placements. Plain data.
#ifndef ATOMSTREAM_SERVER_SIMULATOR_FAULT_PLAN_H_
#define ATOMSTREAM_SERVER_SIMULATOR_FAULT_PLAN_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/simulator/beam_stage.h"

namespace atomstream {

// 0: never.
struct FaultPlan {
  int64_t drop_link_every = 0;         // instead of every n-th frame all streams break off
  int64_t bad_frame_every = 0;         // every n-th frame lacks bytes or, in turn, holds a NaN
  int64_t duplicate_number_every = 0;  // every n-th frame repeats the number of the one before
  int64_t stall_after = 0;             // after the n-th frame nothing comes, on an open stream
  BeamFaults beam;
};

// A comma-separated list of "drop_link_every_N", "bad_frame_every_N", "duplicate_number_every_N",
// "stall_after_N", "stall" (after the first frame), "beam_fails_every_N", "beam_hangs_every_N",
// "beam_late_every_N" and "beam_late_ms_N". Empty: no fault. InvalidArgument names what it does not
// know.
absl::StatusOr<FaultPlan> ParseFaultPlan(absl::string_view text);

// True if `number` is a multiple of `every`.
inline bool IsDue(int64_t number, int64_t every) { return every > 0 && number % every == 0; }

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SIMULATOR_FAULT_PLAN_H_
