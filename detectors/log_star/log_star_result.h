// LogStarResult: everything LoG* says about one frame. Plain data, immutable once published.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_LOG_STAR_RESULT_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_LOG_STAR_RESULT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/blob/log_params.h"
#include "core/lattice/lattice_summary.h"
#include "core/structure/atom.h"
#include "detectors/log_star/log_star_options.h"
#include "detectors/log_star/solution_choice.h"
#include "detectors/log_star/warm_start.h"

namespace atomstream {

class FrameAnalysis;

// One member of a Pareto front, in physical terms.
struct FrontPoint {
  double qc = 0;
  double er = 0;
  LogParams params;
};

struct WindowResult {
  int x_px = 0, y_px = 0, width_px = 0, height_px = 0;
  std::vector<FrontPoint> front;
  int chosen = -1;        // index into front; -1: empty
  std::string chosen_by;  // as LogStarResult; "preference" where the frame's was chosen by index
  int evaluations = 0;
  double hypervolume = 0;  // of the window's front, reference point (1, 1)
};

// Wall time of each stage.
struct LogStarTimings {
  absl::Duration normalise, lattice, preprocess, scale_space, optimise, detect, total;
};

struct LogStarResult {
  std::vector<Atom> atoms;        // by falling response
  std::vector<FrontPoint> front;  // of the whole frame, by rising QC
  int chosen = -1;                // index into front; -1 when there is none (see flags)
  std::string chosen_by;          // ChoiceName(choice); empty when nothing was chosen
  SolutionChoice choice;          // what `chosen` and the windows' were chosen by
  // kMap: the atoms come from the parameter map of the windows; `chosen` is the frame's solution
  // beside it, which decides the preprocessing.
  WindowMode window_mode = WindowMode::kGlobal;
  double qc = 0;  // of `atoms`
  double er = 0;  // of `atoms`
  LatticeSummary lattice;
  std::vector<WindowResult> windows;  // those that were optimised for this frame
  int evaluations = 0;
  int infeasible = 0;
  double hypervolume = 0;  // of front, reference point (1, 1)
  LogStarTimings timings;
  // Machine-readable remarks:
  // "constant_frame"      every pixel has the same value; nothing was searched
  // "no_lattice"          no periodicity was found; with a known material and pixel size (and atoms
  //                       1 to 300 px apart by these) the metadata's scale was used, else nothing
  //                       was searched
  // "no_material"         less than one atom is expected
  // "metadata_disagrees"  the pixel size measured from the lattice was used, not the metadata's
  std::vector<std::string> flags;
  std::shared_ptr<const WarmStart> next_warm_start;  // null: nothing to learn from this frame
  // To decide the frame anew; null unless DetectRequest::keep_analysis. Whoever keeps results for
  // long takes it out.
  std::shared_ptr<const FrameAnalysis> analysis;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_LOG_STAR_RESULT_H_
