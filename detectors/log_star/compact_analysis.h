// CompactAnalysis: makes the FrameAnalysis of a searched frame. Of the peak cache it keeps the
// peaks that a solution of the fronts can choose, each with its place and brightness, and no image.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_COMPACT_ANALYSIS_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_COMPACT_ANALYSIS_H_

#include <memory>

#include "core/base/executor.h"
#include "detectors/log_star/frame_analysis.h"
#include "detectors/log_star/frame_decision.h"
#include "detectors/log_star/frame_survey.h"
#include "detectors/log_star/peak_cache.h"

namespace atomstream {

struct CompactAnalysisInput {
  const LogStarResult* result = nullptr;  // of the search: lattice, flags, counts, warm start
  const FrameFindings* findings = nullptr;
  const FrameSurvey* survey = nullptr;
  const PeakCache* cache = nullptr;
  SharedRewards rewards;
  WindowMode window_mode = WindowMode::kGlobal;
  bool refine_subpixel = true;
  int64_t max_bytes = 0;
};

std::shared_ptr<const FrameAnalysis> MakeAnalysis(const CompactAnalysisInput& input,
                                                  Executor& executor);

// Of a frame that was not searched: every reselection is refused, with the result's flags.
std::shared_ptr<const FrameAnalysis> MakeEmptyAnalysis(const LogStarResult& result);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_COMPACT_ANALYSIS_H_
