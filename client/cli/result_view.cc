#include "client/cli/result_view.h"

#include <algorithm>

#include "atomstream/v1/analysis.pb.h"

namespace atomstream {
namespace {

double Milliseconds(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) * 1e3 + duration.nanos() / 1e6;
}

const v1::ParetoSolution* ChosenOf(const v1::ParetoFront& front) {
  const int index = front.chosen_index();
  return index >= 0 && index < front.solutions_size() ? &front.solutions(index) : nullptr;
}

const v1::Evaluation* EvaluationOf(const v1::FrameResult& result, const std::string& detector) {
  for (const v1::Evaluation& evaluation : result.evaluations()) {
    if (evaluation.detector() == detector) return &evaluation;
  }
  return nullptr;
}

}  // namespace

ResultView::ResultView(const v1::FrameResult& frame_result, int index)
    : result(frame_result),
      detector(index < result.detectors_size() ? result.detectors(index)
                                               : v1::DetectorResult::default_instance()),
      atoms(std::max(detector.atom_count(), detector.atoms().x_px_size())),
      chosen(ChosenOf(detector.front())),
      evaluation(EvaluationOf(result, detector.detector())),
      total_ms(0) {
  for (const v1::StageTiming& timing : detector.timings()) {
    // The frame has a "total" too, and a name stands once.
    const bool total = timing.stage() == "total";
    timings_ms.emplace_back(total ? "detector_total" : timing.stage(),
                            Milliseconds(timing.duration()));
  }
  for (const v1::StageTiming& timing : result.timings()) {
    timings_ms.emplace_back(timing.stage(), Milliseconds(timing.duration()));
    if (timing.stage() == "total") total_ms = timings_ms.back().second;
  }
}

std::vector<ResultView> ViewsOf(const v1::FrameResult& result) {
  std::vector<ResultView> views;
  for (int i = 0; i < std::max(1, result.detectors_size()); ++i) views.emplace_back(result, i);
  return views;
}

absl::string_view DetectorStateText(v1::DetectorState state) {
  switch (state) {
    case v1::DETECTOR_STATE_PENDING:
      return "pending";
    case v1::DETECTOR_STATE_DONE:
      return "done";
    case v1::DETECTOR_STATE_FAILED:
      return "failed";
    case v1::DETECTOR_STATE_SKIPPED:
      return "skipped";
    default:
      return "unknown";
  }
}

absl::string_view PreprocessingText(v1::Preprocessing preprocessing) {
  switch (preprocessing) {
    case v1::PREPROCESSING_NONE:
      return "none";
    case v1::PREPROCESSING_GAUSSIAN:
      return "gaussian";
    case v1::PREPROCESSING_LATTICE:
      return "lattice";
    default:
      return "unknown";
  }
}

absl::string_view SiteKindText(int kind) {
  switch (kind) {
    case v1::SITE_KIND_BULK:
      return "bulk";
    case v1::SITE_KIND_DOPANT:
      return "dopant";
    case v1::SITE_KIND_VACANCY_NEIGHBOUR:
      return "vacancy_neighbour";
    case v1::SITE_KIND_HOLE_EDGE:
      return "hole_edge";
    case v1::SITE_KIND_ODD_RING:
      return "odd_ring";
    case v1::SITE_KIND_VACANCY:
      return "vacancy";
    default:
      return "unknown";
  }
}

absl::string_view CauseText(v1::ResultCause cause) {
  switch (cause) {
    case v1::RESULT_CAUSE_FRAME:
      return "frame";
    case v1::RESULT_CAUSE_SELECTION:
      return "selection";
    case v1::RESULT_CAUSE_SETTINGS:
      return "settings";
    case v1::RESULT_CAUSE_REPROCESS:
      return "reprocess";
    default:
      return "unknown";
  }
}

absl::string_view WindowModeText(v1::WindowMode mode) {
  if (mode == v1::WINDOW_MODE_MAP) return "map";
  return mode == v1::WINDOW_MODE_GLOBAL ? "global" : "unknown";
}

absl::string_view SourceStateText(int state) {
  switch (state) {
    case v1::SOURCE_STATE_NONE:
      return "none";
    case v1::SOURCE_STATE_CONNECTING:
      return "connecting";
    case v1::SOURCE_STATE_STREAMING:
      return "streaming";
    case v1::SOURCE_STATE_FINISHED:
      return "finished";
    default:
      return "unknown";
  }
}

}  // namespace atomstream
