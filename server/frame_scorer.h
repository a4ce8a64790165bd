// Scores a detector against the exact positions that simulated frames carry. Pure; any thread.
#ifndef ATOMSTREAM_SERVER_FRAME_SCORER_H_
#define ATOMSTREAM_SERVER_FRAME_SCORER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "core/image/frame.h"
#include "core/structure/atom.h"
#include "server/record/frame_record.h"

namespace atomstream {

// One-to-one within half the truth's own nearest-neighbour distance (its median), so that the score
// does not depend on what the detector believes about the lattice. FailedPrecondition when the
// truth has fewer than two positions.
absl::StatusOr<EvaluationRecord> ScoreAtoms(const std::vector<Atom>& atoms,
                                            const std::vector<PointPx>& truth);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_FRAME_SCORER_H_
