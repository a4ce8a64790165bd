#include "server/codec/result_codec.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "server/codec/drift_codec.h"
#include "server/codec/front_codec.h"
#include "server/codec/settings_codec.h"
#include "server/codec/structure_codec.h"

namespace atomstream {
namespace {

void FillAtoms(const std::vector<Atom>& atoms, v1::AtomTable& proto) {
  const int count = static_cast<int>(atoms.size());
  for (auto* column : {proto.mutable_x_px(), proto.mutable_y_px(), proto.mutable_sigma_px(),
                       proto.mutable_intensity(), proto.mutable_response()}) {
    column->Reserve(count);
  }
  for (const Atom& atom : atoms) {
    proto.add_x_px(atom.x_px);
    proto.add_y_px(atom.y_px);
    proto.add_sigma_px(atom.sigma_px);
    proto.add_intensity(atom.intensity);
    proto.add_response(atom.response);
  }
}

void FillLattice(const LatticeSummary& lattice, v1::LatticeEstimate& proto) {
  proto.set_found(lattice.found);
  proto.set_d_nn_px(lattice.d_nn_px);
  proto.set_pixel_size_nm_metadata(lattice.pixel_size_nm_metadata);
  proto.set_pixel_size_nm_measured(lattice.pixel_size_nm_measured);
  proto.set_pixel_size_nm_used(lattice.pixel_size_nm_used);
  proto.set_metadata_disagrees(lattice.metadata_disagrees);
  proto.set_orientation_rad(lattice.orientation_rad);
  proto.set_expected_atoms(lattice.expected_atoms);
  proto.set_material_area_fraction(lattice.material_area_fraction);
  proto.set_material(lattice.material);
}

void AddTiming(const StageTime& timing,
               google::protobuf::RepeatedPtrField<v1::StageTiming>& timings) {
  v1::StageTiming& proto = *timings.Add();
  proto.set_stage(timing.stage);
  *proto.mutable_duration() = DurationToProto(timing.duration);
}

void FillResult(const LogStarResult& result, const ResultParts& parts, v1::DetectorResult& proto) {
  if (parts.atoms) FillAtoms(result.atoms, *proto.mutable_atoms());
  if (parts.front) {
    *proto.mutable_front() = FrontToProto(result);
  }
  if (parts.windows) {
    for (const WindowResult& window : result.windows) {
      *proto.add_windows() = WindowToProto(window);
    }
  }
  proto.set_qc(result.qc);
  proto.set_er(result.er);
  proto.set_evaluations(result.evaluations);
  proto.set_infeasible_evaluations(result.infeasible);
  proto.set_window_mode(WindowModeToProto(result.window_mode));
}

void FillResult(const UnetResult& result, const ResultParts& parts, v1::DetectorResult& proto) {
  if (parts.atoms) {
    v1::AtomTable& atoms = *proto.mutable_atoms();
    FillAtoms(result.atoms, atoms);
    *atoms.mutable_confidence() = {result.confidence.begin(), result.confidence.end()};
    *atoms.mutable_spread() = {result.spread.begin(), result.spread.end()};
  }
  proto.set_device(result.device);
  proto.set_model_id(result.model_id);
  proto.set_ensemble_members(result.members);
  proto.set_mean_variance(result.mean_variance);
  proto.set_precision(result.precision);
  proto.set_tiles(result.tiles);
  proto.set_expected_f1(result.expected_f1);
}

// Into a detector whose atoms are filled in, if they are wanted.
void FillStructure(const StructureRecord& record, const ResultParts& parts,
                   v1::DetectorResult& proto) {
  if (parts.clusters) {
    FillClusters(record, *proto.mutable_clusters());
    if (parts.atoms) FillClusterColumns(record, *proto.mutable_atoms());
  }
  if (parts.structure) {
    FillStructure(record, parts.atoms, *proto.mutable_structure());
    if (parts.atoms) FillSiteColumns(record, *proto.mutable_atoms());
  }
}

void FillDetector(const DetectorRecord& detector, const ResultParts& parts,
                  v1::DetectorResult& proto) {
  proto.set_detector(std::string(DetectorName(detector.kind())));
  if (!detector.status.ok()) {
    proto.set_error(detector.status.ToString());
    return;
  }
  std::visit(
      [&](const auto& result) {
        FillResult(result, parts, proto);
        proto.set_atom_count(static_cast<int32_t>(result.atoms.size()));
        FillLattice(result.lattice, *proto.mutable_lattice());
        for (const StageTime& stage : StagesOf(result.timings)) {
          AddTiming(stage, *proto.mutable_timings());
        }
        if (detector.structure != nullptr) {
          FillStructure(*detector.structure, parts, proto);
          for (const StageTime& stage : StagesOf(*detector.structure)) {
            AddTiming(stage, *proto.mutable_timings());
          }
        }
        AddTiming({"total", result.timings.total}, *proto.mutable_timings());
        for (const std::string& flag : result.flags) proto.add_flags(flag);
      },
      detector.result);
}

void FillEvaluation(DetectorKind kind, const EvaluationRecord& evaluation, v1::Evaluation& proto) {
  proto.set_detector(std::string(DetectorName(kind)));
  proto.set_match_radius_px(evaluation.match_radius_px);
  proto.set_true_positives(evaluation.true_positives);
  proto.set_false_positives(evaluation.false_positives);
  proto.set_false_negatives(evaluation.false_negatives);
  proto.set_f1(evaluation.f1);
  proto.set_rmse_px(evaluation.rmse_px);
}

void AddDetector(const FrameRecord& record, const ResultParts& parts, v1::FrameResult& proto) {
  FillDetector(record.detector, parts, *proto.add_detectors());
  if (record.evaluation) {
    FillEvaluation(record.detector.kind(), *record.evaluation, *proto.add_evaluations());
  }
}

v1::ResultCause CauseToProto(ResultCause cause) {
  switch (cause) {
    case ResultCause::kFrame:
      return v1::RESULT_CAUSE_FRAME;
    case ResultCause::kSelection:
      return v1::RESULT_CAUSE_SELECTION;
    case ResultCause::kSettings:
      return v1::RESULT_CAUSE_SETTINGS;
    case ResultCause::kReprocess:
      return v1::RESULT_CAUSE_REPROCESS;
  }
  return v1::RESULT_CAUSE_UNSPECIFIED;
}

void FillCause(const FrameRecord& record, v1::FrameResult& proto) {
  proto.set_cause(CauseToProto(record.cause));
  proto.set_supersedes_sequence(record.supersedes_sequence);
  proto.set_settings_version(record.settings_version);
}

v1::DetectorState StateToProto(DetectorState state) {
  switch (state) {
    case DetectorState::kPending:
      return v1::DETECTOR_STATE_PENDING;
    case DetectorState::kDone:
      return v1::DETECTOR_STATE_DONE;
    case DetectorState::kFailed:
      return v1::DETECTOR_STATE_FAILED;
    case DetectorState::kSkipped:
      return v1::DETECTOR_STATE_SKIPPED;
  }
  return v1::DETECTOR_STATE_UNSPECIFIED;
}

void FillSummary(const std::vector<DetectorSummary>& summary, v1::FrameSummary& proto) {
  for (const DetectorSummary& detector : summary) {
    v1::DetectorSummary& entry = *proto.add_detectors();
    entry.set_detector(std::string(DetectorName(detector.kind)));
    entry.set_state(StateToProto(detector.state));
    entry.set_reason(detector.reason);
    entry.set_sequence(detector.sequence);
  }
  proto.set_complete(!AnyPending(summary));
}

// Without what detectors found.
v1::FrameResult CommonToProto(const FrameRecord& record) {
  v1::FrameResult proto;
  proto.mutable_position()->set_epoch(record.position.epoch);
  proto.mutable_position()->set_sequence(record.position.sequence);
  proto.set_frame_id(record.frame_id);
  proto.set_frame_number(record.frame_number);
  *proto.mutable_acquisition_time() = TimeToProto(record.acquisition_time);
  *proto.mutable_result_time() = TimeToProto(record.result_time);
  proto.set_width_px(record.width_px);
  proto.set_height_px(record.height_px);
  for (const StageTime& timing : record.timings) AddTiming(timing, *proto.mutable_timings());
  proto.set_frames_dropped_before(record.frames_dropped_before);
  proto.set_origin(std::string(FrameOriginName(record.origin)));
  FillSummary(record.summary, *proto.mutable_summary());
  FillCause(record, proto);
  if (record.drift) *proto.mutable_drift() = DriftToProto(*record.drift);
  return proto;
}

v1::SourceState StateToProto(SourceState state) {
  switch (state) {
    case SourceState::kNone:
      return v1::SOURCE_STATE_NONE;
    case SourceState::kConnecting:
      return v1::SOURCE_STATE_CONNECTING;
    case SourceState::kStreaming:
      return v1::SOURCE_STATE_STREAMING;
    case SourceState::kFinished:
      return v1::SOURCE_STATE_FINISHED;
  }
  return v1::SOURCE_STATE_UNSPECIFIED;
}

}  // namespace

ResultParts PartsOf(const v1::SubscribeRequest& request) {
  ResultParts parts{
      .atoms = false, .front = false, .windows = false, .clusters = false, .structure = false};
  for (const int part : request.parts()) {
    if (part == v1::RESULT_PART_ATOMS) parts.atoms = true;
    if (part == v1::RESULT_PART_FRONT) parts.front = true;
    if (part == v1::RESULT_PART_WINDOWS) parts.windows = true;
    if (part == v1::RESULT_PART_CLUSTERS) parts.clusters = true;
    if (part == v1::RESULT_PART_STRUCTURE) parts.structure = true;
  }
  return parts.mask() == 0 ? ResultParts() : parts;
}

v1::FrameResult ResultToProto(const FrameRecord& record, const ResultParts& parts) {
  v1::FrameResult proto = CommonToProto(record);
  AddDetector(record, parts, proto);
  return proto;
}

v1::FrameResult MergedToProto(const FrameRecords& records, const ResultParts& parts) {
  v1::FrameResult proto = CommonToProto(*records.back());
  for (const DetectorKind kind : kDetectorKinds) {
    for (const FrameRecordPtr& record : records) {
      if (record->detector.kind() != kind) continue;
      AddDetector(*record, parts, proto);
      if (kind == DetectorKind::kLogStar) FillCause(*record, proto);
      if (record->frames_dropped_before > 0) {
        proto.set_frames_dropped_before(record->frames_dropped_before);
      }
    }
  }
  return proto;
}

v1::ModelStatus ModelStatusToProto(const ModelStatus& status) {
  v1::ModelStatus proto;
  proto.set_model_id(status.model.id);
  proto.set_device(status.model.device);
  proto.set_precision(status.model.precision);
  proto.set_ensemble_members(status.model.members);
  *proto.mutable_load_time() = TimeToProto(status.load_time);
  proto.set_reloads(status.reloads);
  proto.set_reloads_refused(status.refused);
  proto.set_last_refusal(status.last_refusal);
  proto.set_loading(status.loading);
  return proto;
}

v1::SourceStatus SourceStatusToProto(const SourceStatus& status) {
  v1::SourceStatus proto;
  proto.set_state(StateToProto(status.state));
  proto.set_description(status.description);
  proto.set_last_error(status.last_error);
  proto.set_reconnects(status.reconnects);
  return proto;
}

v1::SubscribeResponse EventToProto(const HubEvent& event, const ResultParts& parts) {
  v1::SubscribeResponse response;
  if (const Gap* gap = std::get_if<Gap>(&event)) {
    response.mutable_gap()->set_first_sequence(gap->first_sequence);
    response.mutable_gap()->set_last_sequence(gap->last_sequence);
    response.mutable_gap()->set_results(gap->results);
  } else if (const FrameRecordPtr* record = std::get_if<FrameRecordPtr>(&event)) {
    *response.mutable_result() = ResultToProto(**record, parts);
  } else if (const SettingsChangePtr* change = std::get_if<SettingsChangePtr>(&event)) {
    *response.mutable_settings() = SettingsChangeToProto(**change);
  } else {
    *response.mutable_source() = SourceStatusToProto(std::get<SourceStatus>(event));
  }
  return response;
}

google::protobuf::Timestamp TimeToProto(absl::Time time) {
  // The contract's range: years 1 to 9999.
  time = std::clamp(time, absl::FromUnixSeconds(-62135596800), absl::FromUnixSeconds(253402300799));
  google::protobuf::Timestamp proto;
  const int64_t seconds = absl::ToUnixSeconds(time);  // rounds down
  proto.set_seconds(seconds);
  proto.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return proto;
}

google::protobuf::Duration DurationToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  absl::Duration rest;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return proto;
}

}  // namespace atomstream
