// FrameRecord: everything the daemon says at once about one frame: what one detector made of it,
// and how far the others are. Free of protobuf and gRPC.
//
// Built by the pipeline, numbered and frozen by ResultStore::Append; from then on it is immutable
// and crosses threads as a FrameRecordPtr without a lock.
#ifndef ATOMSTREAM_SERVER_RECORD_FRAME_RECORD_H_
#define ATOMSTREAM_SERVER_RECORD_FRAME_RECORD_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/structure/drift.h"
#include "detectors/log_star/log_star_result.h"
#include "detectors/unet/unet_result.h"
#include "server/record/detector_kind.h"
#include "server/record/structure_record.h"

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

// Why a result was made.
enum class ResultCause {
  kFrame,      // the frame came in
  kSelection,  // another solution of the same front was selected
  kSettings,   // settings were changed
  kReprocess,  // it was asked for
};

// Time that one stage took.
struct StageTime {
  std::string stage;
  absl::Duration duration;
};

// What one detector made of a frame.
struct DetectorRecord {
  absl::Status status;  // not OK: it failed, and its result is empty
  std::variant<LogStarResult, UnetResult> result;
  std::shared_ptr<const StructureRecord> structure;  // of its atoms; null: not analysed

  // These two in the order of the variant.
  DetectorKind kind() const { return static_cast<DetectorKind>(result.index()); }
  const std::vector<Atom>& atoms() const {
    return std::visit([](const auto& r) -> const std::vector<Atom>& { return r.atoms; }, result);
  }
};

// An empty result of this detector, with its status.
DetectorRecord FailedDetector(DetectorKind kind, absl::Status status);

// How far a detector is with a frame.
enum class DetectorState {
  kPending,
  kDone,
  kFailed,
  kSkipped,  // it was not run: see the reason
};

struct DetectorSummary {
  DetectorKind kind = DetectorKind::kLogStar;
  DetectorState state = DetectorState::kPending;
  std::string reason;    // kFailed: the error; kSkipped: "busy", "cancelled", "shutdown"
  int64_t sequence = 0;  // of the record that holds its result; 0: none
};

// Score of one detector against exact positions.
struct EvaluationRecord {
  double match_radius_px = 0;
  int true_positives = 0;
  int false_positives = 0;
  int false_negatives = 0;
  double f1 = 0;
  double rmse_px = 0;
};

// Drift into a frame, and the LoG* result of the frame that it starts from.
struct DriftRecord {
  int64_t earlier_sequence = 0;
  DriftEstimate estimate;
};

struct FrameRecord {
  ResultPosition position;  // given by the store
  std::string frame_id;
  int64_t frame_number = 0;
  absl::Time acquisition_time;
  absl::Time result_time;  // when the result was ready to be stored
  int width_px = 0;
  int height_px = 0;
  // Name of the frame's pixels on disk (FrameTicket); empty: they are not kept.
  std::string frame_sha256;
  FrameOrigin origin = FrameOrigin::kSource;
  ResultCause cause = ResultCause::kFrame;
  int64_t supersedes_sequence = 0;  // of the result that it takes the place of; 0: none
  int64_t settings_version = 0;     // under which LoG* ran; 0: another detector
  DetectorRecord detector;
  std::optional<EvaluationRecord> evaluation;  // only when the frame carried ground truth
  std::optional<DriftRecord> drift;  // LoG*'s live records, but for the first that is followed
  // Of every detector that was asked for, this one included. Nothing pending: the frame's last
  // record.
  std::vector<DetectorSummary> summary;
  // "queue" (arrival to admission), "process", "order" (waiting for earlier frames), "total"
  // (arrival to ready). Of a result that was made anew they begin when that was asked for.
  std::vector<StageTime> timings;
  // At admission, since the frame before this one; 0 in other records than LoG*'s, so that whoever
  // adds them up counts none twice.
  int64_t frames_dropped_before = 0;
  // W3C trace context of the call that submitted the frame; empty: it had none.
  std::string trace_parent;
  // These two of the same call, for the spans alone: neither stored nor sent.
  std::string trace_state;
  std::string request_id;
};

using FrameRecordPtr = std::shared_ptr<const FrameRecord>;
// Of one frame, by rising sequence.
using FrameRecords = std::vector<FrameRecordPtr>;

// Gives a record its position, also in its summary. For stores.
void SetPosition(FrameRecord& record, ResultPosition position);

bool AnyPending(const std::vector<DetectorSummary>& summary);

// A detector's stages by name, in the order in which they run, without the total.
std::vector<StageTime> StagesOf(const LogStarTimings& timings);
std::vector<StageTime> StagesOf(const UnetTimings& timings);
std::vector<StageTime> StagesOf(const StructureRecord& structure);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_RECORD_FRAME_RECORD_H_
