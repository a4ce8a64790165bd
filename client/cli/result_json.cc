#include "client/cli/result_json.h"

#include "absl/strings/string_view.h"
#include "client/cli/structure_json.h"
#include "client/cli/time_text.h"

namespace atomstream {
namespace {

void WriteTime(absl::string_view key, const google::protobuf::Timestamp& time, JsonWriter& json) {
  json.Key(key).Text(JsonTime(time));
}

void WriteChosen(const ResultView& view, JsonWriter& json) {
  json.Key("chosen");
  if (view.chosen == nullptr) {
    json.Null();
    return;
  }
  json.BeginObject();
  json.Key("index").Integer(view.detector.front().chosen_index());
  json.Key("chosen_by").Text(view.detector.front().chosen_by());
  WriteSolution(*view.chosen, json);
  json.EndObject();
}

void WriteLattice(const v1::LatticeEstimate& lattice, JsonWriter& json) {
  json.Key("lattice").BeginObject();
  json.Key("found").Bool(lattice.found());
  json.Key("d_nn_px").Number(lattice.d_nn_px());
  json.Key("pixel_size_nm_metadata").Number(lattice.pixel_size_nm_metadata());
  json.Key("pixel_size_nm_measured").Number(lattice.pixel_size_nm_measured());
  json.Key("pixel_size_nm_used").Number(lattice.pixel_size_nm_used());
  json.Key("metadata_disagrees").Bool(lattice.metadata_disagrees());
  json.Key("orientation_rad").Number(lattice.orientation_rad());
  json.Key("expected_atoms").Number(lattice.expected_atoms());
  json.Key("material_area_fraction").Number(lattice.material_area_fraction());
  json.Key("material").Text(lattice.material());
  json.EndObject();
}

void WriteEvaluation(const ResultView& view, JsonWriter& json) {
  json.Key("evaluation");
  if (view.evaluation == nullptr) {
    json.Null();
    return;
  }
  const v1::Evaluation& evaluation = *view.evaluation;
  json.BeginObject();
  json.Key("f1").Number(evaluation.f1());
  json.Key("true_positives").Integer(evaluation.true_positives());
  json.Key("false_positives").Integer(evaluation.false_positives());
  json.Key("false_negatives").Integer(evaluation.false_negatives());
  json.Key("match_radius_px").Number(evaluation.match_radius_px());
  json.Key("rmse_px").Number(evaluation.rmse_px());
  json.EndObject();
}

void WriteIdentity(const v1::FrameResult& result, JsonWriter& json) {
  json.Key("frame_id").Text(result.frame_id());
  json.Key("frame_number").Integer(result.frame_number());
  json.Key("epoch").Text(result.position().epoch());
  json.Key("sequence").Integer(result.position().sequence());
  json.Key("origin").Text(result.origin());
  json.Key("cause").Text(CauseText(result.cause()));
  json.Key("supersedes_sequence").Integer(result.supersedes_sequence());
  json.Key("settings_version").Integer(result.settings_version());
  WriteTime("acquisition_time", result.acquisition_time(), json);
  WriteTime("result_time", result.result_time(), json);
  json.Key("width_px").Integer(result.width_px());
  json.Key("height_px").Integer(result.height_px());
  json.Key("frames_dropped_before").Integer(result.frames_dropped_before());
}

void WriteSummary(const v1::FrameSummary& summary, JsonWriter& json) {
  json.Key("summary").BeginArray();
  for (const v1::DetectorSummary& detector : summary.detectors()) {
    json.BeginObject().Key("detector").Text(detector.detector());
    json.Key("state").Text(DetectorStateText(detector.state()));
    json.Key("reason").Text(detector.reason());
    json.Key("sequence").Integer(detector.sequence()).EndObject();
  }
  json.EndArray();
  json.Key("complete").Bool(summary.complete());
}

// What only one of the detectors has.
void WriteLogStar(const ResultView& view, JsonWriter& json) {
  const v1::DetectorResult& detector = view.detector;
  json.Key("qc").Number(detector.qc()).Key("er").Number(detector.er());
  WriteChosen(view, json);
  json.Key("hypervolume").Number(detector.front().hypervolume());
  json.Key("window_mode").Text(WindowModeText(detector.window_mode()));
  json.Key("evaluations").Integer(detector.evaluations());
  json.Key("infeasible_evaluations").Integer(detector.infeasible_evaluations());
}

void WriteUnet(const v1::DetectorResult& detector, JsonWriter& json) {
  for (const char* key : {"qc", "er", "chosen", "hypervolume"}) json.Key(key).Null();
  json.Key("model_id").Text(detector.model_id());
  json.Key("device").Text(detector.device());
  json.Key("precision").Text(detector.precision());
  json.Key("ensemble_members").Integer(detector.ensemble_members());
  json.Key("mean_variance").Number(detector.mean_variance());
  json.Key("tiles").Integer(detector.tiles());
  json.Key("expected_f1").Number(detector.expected_f1());
}

// What follows the atoms and the front in every form.
void WriteRest(const ResultView& view, JsonWriter& json) {
  const v1::DetectorResult& detector = view.detector;
  if (view.is_unet()) {
    WriteUnet(detector, json);
  } else {
    WriteLogStar(view, json);
  }
  WriteLattice(detector.lattice(), json);
  WriteStructure(detector, json);
  WriteEvaluation(view, json);
  json.Key("timings_ms").BeginObject();
  for (const auto& [stage, ms] : view.timings_ms) json.Key(stage).Number(ms);
  json.EndObject();
  json.Key("flags").BeginArray();
  for (const std::string& flag : detector.flags()) json.Text(flag);
  json.EndArray();
  if (!detector.error().empty()) json.Key("error").Text(detector.error());
  WriteSummary(view.result.summary(), json);
}

}  // namespace

void WriteSolution(const v1::ParetoSolution& solution, JsonWriter& json) {
  const v1::LogParams& params = solution.params();
  json.Key("qc").Number(solution.qc()).Key("er").Number(solution.er());
  json.Key("params").BeginObject();
  json.Key("min_sigma_px").Number(params.min_sigma_px());
  json.Key("max_sigma_px").Number(params.max_sigma_px());
  json.Key("num_sigma").Integer(params.num_sigma());
  json.Key("threshold").Number(params.threshold());
  json.Key("overlap").Number(params.overlap());
  json.Key("min_spacing_px").Number(params.min_spacing_px());
  json.Key("preprocessing").Text(PreprocessingText(params.preprocessing()));
  json.EndObject();
}

void WriteResult(const ResultView& view, JsonWriter& json) {
  WriteIdentity(view.result, json);
  json.Key("detector").Text(view.detector.detector());
  json.Key("atoms").BeginArray();
  const v1::AtomTable& atoms = view.detector.atoms();
  AtomStructureWriter structure(view.detector);
  for (int i = 0; i < atoms.x_px_size(); ++i) {
    json.BeginObject();
    json.Key("x_px").Number(atoms.x_px(i));
    if (i < atoms.y_px_size()) json.Key("y_px").Number(atoms.y_px(i));
    if (i < atoms.sigma_px_size()) json.Key("sigma_px").Number(atoms.sigma_px(i));
    if (i < atoms.intensity_size()) json.Key("intensity").Number(atoms.intensity(i));
    if (i < atoms.response_size()) json.Key("response").Number(atoms.response(i));
    if (i < atoms.confidence_size()) json.Key("confidence").Number(atoms.confidence(i));
    if (i < atoms.spread_size()) json.Key("spread").Number(atoms.spread(i));
    structure.Write(i, json);
    json.EndObject();
  }
  json.EndArray();
  json.Key("pareto_front").BeginArray();
  for (const v1::ParetoSolution& solution : view.detector.front().solutions()) {
    json.BeginObject();
    WriteSolution(solution, json);
    json.EndObject();
  }
  json.EndArray();
  WriteRest(view, json);
}

void WriteResultBrief(const ResultView& view, JsonWriter& json) {
  WriteIdentity(view.result, json);
  json.Key("detector").Text(view.detector.detector());
  json.Key("atoms").Integer(view.atoms);
  WriteRest(view, json);
}

}  // namespace atomstream
