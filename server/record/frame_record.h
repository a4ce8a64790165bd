// FrameRecord: everything the daemon says about one frame, free of protobuf and gRPC.
//
// Built by the pipeline, numbered and frozen by ResultStore::Append; from then on it is immutable
// and crosses threads as a FrameRecordPtr without a lock.
#ifndef ATOMSTREAM_SERVER_RECORD_FRAME_RECORD_H_
#define ATOMSTREAM_SERVER_RECORD_FRAME_RECORD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "detectors/log_star/log_star_result.h"

namespace atomstream {

// Place of a result in the history: results of one epoch are numbered 1, 2, 3, … without holes.
struct ResultPosition {
  std::string epoch;     // UUID of one store
  int64_t sequence = 0;  // 0: no result
};

// Which way a frame came in.
enum class FrameOrigin {
  kSource,   // the live source
  kAnalyze,  // submitted by AnalyzeFrame
};

absl::string_view FrameOriginName(FrameOrigin origin);  // "source", "analyze"

// Time that one stage took.
struct StageTime {
  std::string stage;
  absl::Duration duration;
};

// What one detector made of the frame. A later detector adds its own result beside log_star.
struct DetectorRecord {
  std::string detector;  // "log_star"
  absl::Status status;   // not OK: the detector failed and its result is empty
  LogStarResult log_star;
};

// Score of one detector against exact positions.
struct EvaluationRecord {
  std::string detector;
  double match_radius_px = 0;
  int true_positives = 0;
  int false_positives = 0;
  int false_negatives = 0;
  double f1 = 0;
  double rmse_px = 0;
};

struct FrameRecord {
  ResultPosition position;  // given by the store
  std::string frame_id;
  int64_t frame_number = 0;
  absl::Time acquisition_time;
  absl::Time result_time;  // when the result was ready to be stored
  int width_px = 0;
  int height_px = 0;
  FrameOrigin origin = FrameOrigin::kSource;
  std::vector<DetectorRecord> detectors;
  std::vector<EvaluationRecord> evaluations;  // only when the frame carried ground truth
  // "queue" (arrival to admission), "process", "order" (waiting for earlier frames), "total"
  // (arrival to ready).
  std::vector<StageTime> timings;
  int64_t frames_dropped_before = 0;  // at admission, since the result before this one
};

using FrameRecordPtr = std::shared_ptr<const FrameRecord>;

// LoG*'s stages by name, in the order in which they run, without the total.
std::vector<StageTime> StagesOf(const LogStarTimings& timings);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_RECORD_FRAME_RECORD_H_
