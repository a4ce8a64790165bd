// ResultView: the parts of a FrameResult that people ask for first, found once. Points into the
// result, which must outlive it.
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
  explicit ResultView(const v1::FrameResult& frame_result);

  const v1::FrameResult& result;
  const v1::DetectorResult& detector;  // the first; an empty one if there is none
  int64_t atoms;                       // found, also where the table of atoms was left out
  const v1::ParetoSolution* chosen;    // null: nothing was chosen
  const v1::Evaluation* evaluation;    // the detector's score; null: no truth
  std::vector<std::pair<std::string, double>> timings_ms;  // the detector's stages, the pipeline's
  double total_ms;                                         // of the pipeline; 0: not told
};

absl::string_view PreprocessingText(v1::Preprocessing preprocessing);  // "none", "gaussian", …
absl::string_view SourceStateText(int state);                          // "streaming", …

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_RESULT_VIEW_H_
