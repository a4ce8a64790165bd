// The project's accuracy aims for the U-Net, and which rows miss them. Pure functions.
#ifndef ATOMSTREAM_TESTS_BENCH_COMPARISON_AIMS_H_
#define ATOMSTREAM_TESTS_BENCH_COMPARISON_AIMS_H_

#include <string>
#include <vector>

#include "tests/bench/comparison_row.h"

namespace atomstream::bench {

// The F1 that a U-Net is to reach on these frames without any other detector beside it; 0: none is
// stated. Stated for one crystal at any rotation.
double UnetF1Aim(const AccuracyCaseOptions& options);

// One line for each aim that a U-Net's row misses, with the figures: the F1 above, at least LoG*'s
// F1 on the same frames to three digits, at most 1 % of atoms invented in vacuum. Empty for another
// detector's row. `rows` are all rows: LoG*'s are looked up there.
std::vector<std::string> MissedUnetAims(const ComparisonRow& row,
                                        const std::vector<ComparisonRow>& rows);

// The F1 that a U-Net is to reach on the real frame of this name against this reference list; 0:
// none is stated. Lists of defects ("coords_defect_...") name few of the atoms.
double RealFrameF1Aim(const std::string& frame, const std::string& reference);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_COMPARISON_AIMS_H_
