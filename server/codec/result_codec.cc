#include "server/codec/result_codec.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "server/codec/drift_codec.h"
#include "server/codec/front_codec.h"
#include "server/codec/settings_codec.h"
#include "server/codec/stored_codec.h"
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

void FillResult(const LogStarResult& result, v1::DetectorResult& proto) {
  FillAtoms(result.atoms, *proto.mutable_atoms());
  *proto.mutable_front() = FrontToProto(result);
  for (const WindowResult& window : result.windows) *proto.add_windows() = WindowToProto(window);
  proto.set_qc(result.qc);
  proto.set_er(result.er);
  proto.set_evaluations(result.evaluations);
  proto.set_infeasible_evaluations(result.infeasible);
  proto.set_window_mode(WindowModeToProto(result.window_mode));
}

void FillResult(const UnetResult& result, v1::DetectorResult& proto) {
  v1::AtomTable& atoms = *proto.mutable_atoms();
  FillAtoms(result.atoms, atoms);
  *atoms.mutable_confidence() = {result.confidence.begin(), result.confidence.end()};
  *atoms.mutable_spread() = {result.spread.begin(), result.spread.end()};
  proto.set_device(result.device);
  proto.set_model_id(result.model_id);
  proto.set_ensemble_members(result.members);
  proto.set_mean_variance(result.mean_variance);
  proto.set_precision(result.precision);
  proto.set_tiles(result.tiles);
  proto.set_expected_f1(result.expected_f1);
}

// Into a detector whose atoms are filled in.
void FillStructure(const StructureRecord& record, v1::DetectorResult& proto) {
  FillClusters(record, *proto.mutable_clusters());
  FillClusterColumns(record, *proto.mutable_atoms());
  FillStructure(record, *proto.mutable_structure());
  FillSiteColumns(record, *proto.mutable_atoms());
}

void FillDetector(const DetectorRecord& detector, v1::DetectorResult& proto) {
  proto.set_detector(std::string(DetectorName(detector.kind())));
  if (!detector.status.ok()) {
    proto.set_error(detector.status.ToString());
    return;
  }
  std::visit(
      [&](const auto& result) {
        FillResult(result, proto);
        proto.set_atom_count(static_cast<int32_t>(result.atoms.size()));
        FillLattice(result.lattice, *proto.mutable_lattice());
        for (const StageTime& stage : StagesOf(result.timings)) {
          AddTiming(stage, *proto.mutable_timings());
        }
        if (detector.structure != nullptr) {
          FillStructure(*detector.structure, proto);
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

ResultParts PartsOf(const google::protobuf::RepeatedField<int>& wanted,
                    const ResultParts& default_parts) {
  ResultParts parts = ResultParts::None();
  for (const int part : wanted) {
    if (part == v1::RESULT_PART_ATOMS) parts.atoms = true;
    if (part == v1::RESULT_PART_FRONT) parts.front = true;
    if (part == v1::RESULT_PART_WINDOWS) parts.windows = true;
    if (part == v1::RESULT_PART_CLUSTERS) parts.clusters = true;
    if (part == v1::RESULT_PART_STRUCTURE) parts.structure = true;
    if (part == v1::RESULT_PART_PREVIEW) parts.preview = true;
  }
  return parts.mask() == 0 ? default_parts : parts;
}

v1::FrameResult ResultToProto(const FrameRecord& record) {
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
  proto.set_trace_parent(record.trace_parent);
  FillSummary(record.summary, *proto.mutable_summary());
  FillCause(record, proto);
  if (record.drift) *proto.mutable_drift() = DriftToProto(*record.drift);
  FillDetector(record.detector, *proto.add_detectors());
  if (record.evaluation) {
    FillEvaluation(record.detector.kind(), *record.evaluation, *proto.add_evaluations());
  }
  return proto;
}

void KeepParts(const ResultParts& parts, v1::FrameResult& proto) {
  for (v1::DetectorResult& detector : *proto.mutable_detectors()) {
    if (!parts.atoms) {
      detector.clear_atoms();
      if (detector.has_structure()) ClearBonds(*detector.mutable_structure());
    }
    if (!parts.front) detector.clear_front();
    if (!parts.windows) detector.clear_windows();
    if (!parts.clusters) {
      detector.clear_clusters();
      if (detector.has_atoms()) ClearClusterColumns(*detector.mutable_atoms());
    }
    if (!parts.structure) {
      detector.clear_structure();
      if (detector.has_atoms()) ClearSiteColumns(*detector.mutable_atoms());
    }
  }
}

v1::FrameResult MergeResults(std::vector<v1::FrameResult> results) {
  v1::FrameResult merged = results.back();
  merged.clear_detectors();
  merged.clear_evaluations();
  for (const DetectorKind kind : kDetectorKinds) {
    for (v1::FrameResult& result : results) {
      if (result.detectors(0).detector() != DetectorName(kind)) continue;
      *merged.add_detectors() = std::move(*result.mutable_detectors(0));
      for (v1::Evaluation& evaluation : *result.mutable_evaluations()) {
        *merged.add_evaluations() = std::move(evaluation);
      }
      if (kind == DetectorKind::kLogStar) {
        merged.set_cause(result.cause());
        merged.set_supersedes_sequence(result.supersedes_sequence());
        merged.set_settings_version(result.settings_version());
      }
      if (result.frames_dropped_before() > 0) {
        merged.set_frames_dropped_before(result.frames_dropped_before());
      }
    }
  }
  return merged;
}

v1::FrameResult MergedToProto(const FrameRecords& records) {
  std::vector<v1::FrameResult> results;
  for (const FrameRecordPtr& record : records) results.push_back(ResultToProto(*record));
  return MergeResults(std::move(results));
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
  } else if (const StoredResultPtr* result = std::get_if<StoredResultPtr>(&event)) {
    absl::StatusOr<v1::FrameResult> decoded = DecodeResult(**result);
    if (decoded.ok()) {
      KeepParts(parts, *decoded);
      *response.mutable_result() = *std::move(decoded);
    } else {
      // No reader gets what is not right, nor is it left in the dark.
      response.mutable_gap()->set_first_sequence((*result)->position.sequence);
      response.mutable_gap()->set_last_sequence((*result)->position.sequence);
      response.mutable_gap()->set_results(1);
    }
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
