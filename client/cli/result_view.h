// ResultView: what people ask for first of one detector in a FrameResult, found once. Points into
// the result, which must outlive it.
#ifndef ATOMSTREAM_CLIENT_CLI_RESULT_VIEW_H_
#define ATOMSTREAM_CLIENT_CLI_RESULT_VIEW_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "atomstream/v1/result.pb.h"

namespace atomstream {

struct ResultView {
  // Of the detector with this index; an empty one if there is none.
  explicit ResultView(const v1::FrameResult& frame_result, int index = 0);

  bool is_unet() const { return detector.detector() == "unet"; }
  // Only LoG* has QC and ER, and only where it chose a solution.
  bool has_scores() const { return !is_unet() && chosen != nullptr; }
  // The frame had a result of this detector before, and this one takes its place.
  bool made_anew() const {
    return result.cause() != v1::RESULT_CAUSE_UNSPECIFIED &&
           result.cause() != v1::RESULT_CAUSE_FRAME;
  }

  const v1::FrameResult& result;
  const v1::DetectorResult& detector;
  int64_t atoms;                     // found, also where the table of atoms was left out
  const v1::ParetoSolution* chosen;  // null: nothing was chosen
  const v1::Evaluation* evaluation;  // the detector's score; null: no truth
  std::vector<std::pair<std::string, double>> timings_ms;  // the detector's stages, the pipeline's
  double total_ms;                                         // of the pipeline; 0: not told
};

// One view a detector; one of an empty detector if the result has none.
std::vector<ResultView> ViewsOf(const v1::FrameResult& result);

absl::string_view DetectorStateText(v1::DetectorState state);          // "pending", "done", …
absl::string_view PreprocessingText(v1::Preprocessing preprocessing);  // "none", "gaussian", …
absl::string_view SiteKindText(int kind);                              // "bulk", "dopant", …
absl::string_view CauseText(v1::ResultCause cause);                    // "frame", "selection", …
absl::string_view WindowModeText(v1::WindowMode mode);                 // "global", "map"
absl::string_view SourceStateText(int state);                          // "streaming", …

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_RESULT_VIEW_H_
