// Results on their way into the contract: FrameRecord -> proto atomstream.v1.FrameResult. Pure
// functions; any thread.
#ifndef ATOMSTREAM_SERVER_CODEC_RESULT_CODEC_H_
#define ATOMSTREAM_SERVER_CODEC_RESULT_CODEC_H_

#include <google/protobuf/repeated_field.h>

#include <vector>

#include "absl/time/time.h"
#include "atomstream/v1/analysis.pb.h"
#include "atomstream/v1/result.pb.h"
#include "server/hub/mailbox.h"
#include "server/inference/model_reloader.h"
#include "server/record/frame_record.h"
#include "server/record/source_status.h"

namespace atomstream {

// The parts of a result that can be left out because they can be large.
struct ResultParts {
  bool atoms = true;
  bool front = true;
  bool windows = true;
  bool clusters = true;   // also their columns of the atoms
  bool structure = true;  // likewise
  // Is no part of a stored result, but put behind one: only where it is asked for by name.
  bool preview = false;

  // A small number that differs for different sets.
  int mask() const {
    return (atoms ? 1 : 0) | (front ? 2 : 0) | (windows ? 4 : 0) | (clusters ? 8 : 0) |
           (structure ? 16 : 0) | (preview ? 32 : 0);
  }
  // Whether nothing of a stored result is left out.
  bool all_stored() const { return (mask() | 32) == (ResultParts().mask() | 32); }

  static constexpr ResultParts None() {
    return {
        .atoms = false, .front = false, .windows = false, .clusters = false, .structure = false};
  }
};

// The parts that are asked for; asking for none means `default_parts`.
ResultParts PartsOf(const google::protobuf::RepeatedField<int>& wanted,
                    const ResultParts& default_parts = {});

// With all parts.
v1::FrameResult ResultToProto(const FrameRecord& record);

// Takes out all other parts of a result.
void KeepParts(const ResultParts& parts, v1::FrameResult& result);

// The results of one frame, put together: what is of the frame (position, times, summary) is the
// last one's. `results` have one detector each and are not empty.
v1::FrameResult MergeResults(std::vector<v1::FrameResult> results);
v1::FrameResult MergedToProto(const FrameRecords& records);

v1::ModelStatus ModelStatusToProto(const ModelStatus& status);
v1::SourceStatus SourceStatusToProto(const SourceStatus& status);
// A stored result that cannot be decoded becomes a gap.
v1::SubscribeResponse EventToProto(const HubEvent& event, const ResultParts& parts);

google::protobuf::Timestamp TimeToProto(absl::Time time);
google::protobuf::Duration DurationToProto(absl::Duration duration);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CODEC_RESULT_CODEC_H_
