#include "server/frame_progress.h"

#include <cassert>
#include <utility>

namespace atomstream {
namespace {

FrameRecord CommonOf(const AdmittedFrame& admitted) {
  const FrameMetadata& metadata = admitted.frame->metadata();
  FrameRecord record;
  record.frame_id = metadata.id;
  record.frame_number = metadata.number;
  record.acquisition_time = metadata.acquisition_time;
  record.width_px = admitted.frame->width();
  record.height_px = admitted.frame->height();
  record.origin = admitted.origin;
  if (admitted.submission != nullptr && admitted.submission->earlier() != nullptr) {
    record.origin = admitted.submission->earlier()->origin;
  }
  if (admitted.submission != nullptr) {
    const CallMarks& marks = admitted.submission->marks();
    record.trace_parent = marks.trace_parent;
    record.trace_state = marks.trace_state;
    record.request_id = marks.request_id;
  }
  record.timings = {{"queue", admitted.admission_time - admitted.arrival_time}};
  return record;
}

}  // namespace

FrameProgress::FrameProgress(const AdmittedFrame& admitted, DetectorSet asked)
    : common(CommonOf(admitted)),
      frame(admitted.frame),
      frames_dropped_before(admitted.frames_dropped_before),
      live_index(admitted.live_index),
      arrival_time(admitted.arrival_time),
      admission_time(admitted.admission_time),
      submission(admitted.submission),
      ticket(admitted.ticket) {
  for (const DetectorKind kind : kDetectorKinds) {
    if (asked.Has(kind)) summary_.emplace_back().kind = kind;
  }
}

std::optional<int64_t> FrameProgress::place_in_stream() const {
  if (submission == nullptr) return live_index;
  const EarlierResult* earlier = submission->earlier();
  if (earlier == nullptr || earlier->live == nullptr) return std::nullopt;
  return earlier->live->live_index;
}

absl::string_view FrameProgress::request_id() const {
  return submission == nullptr ? absl::string_view() : submission->marks().request_id;
}

int64_t FrameProgress::SequenceOf(DetectorKind kind) const {
  for (const DetectorSummary& detector : summary_) {
    if (detector.kind == kind) return detector.sequence;
  }
  return 0;
}

void FrameProgress::Settle(DetectorKind kind, DetectorState state, std::string reason) {
  for (DetectorSummary& detector : summary_) {
    if (detector.kind != kind) continue;
    assert(detector.state == DetectorState::kPending);
    detector.state = state;
    detector.reason = std::move(reason);
    return;
  }
  assert(false);  // it was not asked for
}

void FrameProgress::AddRecord(const FrameRecordPtr& record) {
  published_ = true;
  for (DetectorSummary& detector : summary_) {
    if (detector.kind == record->detector.kind()) detector.sequence = record->position.sequence;
  }
  if (submission != nullptr) records_.push_back(record);
}

void FrameProgress::Lose(absl::Status why) {
  if (lost_.ok()) lost_ = std::move(why);
}

absl::StatusOr<FrameRecords> FrameProgress::Outcome() const {
  if (!lost_.ok()) return lost_;
  return records_;
}

}  // namespace atomstream
