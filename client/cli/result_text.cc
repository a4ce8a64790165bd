#include "client/cli/result_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cli/printable.h"
#include "client/cli/structure_text.h"
#include "client/cli/time_text.h"

namespace atomstream {
namespace {

std::string SigmaText(const v1::LogParams& params) {
  if (params.max_sigma_px() - params.min_sigma_px() < 0.005) {
    return absl::StrFormat("%.2f", params.min_sigma_px());
  }
  return absl::StrFormat("%.2f-%.2f", params.min_sigma_px(), params.max_sigma_px());
}

// "3 x bfloat16 on cpu", and how much the members disagree.
std::string NetworkText(const v1::DetectorResult& detector) {
  if (!detector.error().empty()) return "-";
  if (detector.device().empty()) return "network not run";  // of a constant frame
  return absl::StrFormat("var %.2g, %d x %s on %s", detector.mean_variance(),
                         detector.ensemble_members(), detector.precision(), detector.device());
}

constexpr char kScoreHeader[] = "     QC      ER  chosen    sigma px   threshold";

// QC and ER of the atoms and the chosen point: the columns of kScoreHeader.
std::string ScoreColumns(const ResultView& view) {
  if (view.is_unet()) return absl::StrFormat("  %-45s", NetworkText(view.detector));
  if (view.chosen == nullptr) {
    return absl::StrFormat("%7s %7s  %-8s  %-9s  %9s", "-", "-", "-", "-", "-");
  }
  const v1::LogParams& params = view.chosen->params();
  return absl::StrFormat("%7.4f %7.4f  %-8s  %-9s  %9.5f", view.detector.qc(), view.detector.er(),
                         PreprocessingText(params.preprocessing()), SigmaText(params),
                         params.threshold());
}

std::string F1Column(const ResultView& view, const TextStyle& style) {
  if (view.evaluation == nullptr) return "    -";
  const double f1 = view.evaluation->f1();
  const std::string text = absl::StrFormat("%5.3f", f1);
  if (f1 >= 0.95) return style.Good(text);
  return f1 >= 0.8 ? style.Warn(text) : style.Bad(text);
}

std::string StagesText(const ResultView& view) {
  std::vector<std::string> stages;
  for (const auto& [stage, ms] : view.timings_ms) {
    if (stage != "total" && stage != "detector_total")
      stages.push_back(absl::StrFormat("%s %.1f", stage, ms));
  }
  return absl::StrJoin(stages, ", ");
}

// A column of `watch`: the time of one stage, or of two that are told as one.
struct WatchStage {
  absl::string_view heading;
  int width;
  absl::string_view stage;
  absl::string_view also;

  double MsOf(const ResultView& view) const {
    double sum = 0;
    for (const auto& [name, ms] : view.timings_ms) {
      if (name == stage || name == also) sum += ms;
    }
    return sum;
  }
};

// They add up to the total, but for some tenths.
constexpr WatchStage kWatchStages[] = {
    {"wait", 6, "queue", "order"},         {"latt", 6, "normalise", "lattice"},
    {"prep", 6, "preprocess", ""},         {"scale", 6, "scale_space", ""},
    {"optim", 6, "optimise", ""},          {"detect", 7, "detect", ""},
    {"clust", 6, "clusters", "structure"},
};

// At most five characters below 100 s.
std::string ShortMs(double ms) {
  return ms < 999.95 ? absl::StrFormat("%.1f", ms) : absl::StrFormat("%.0f", ms);
}

double MsOf(const ResultView& view, absl::string_view stage) {
  for (const auto& [name, ms] : view.timings_ms) {
    if (name == stage) return ms;
  }
  return 0;
}

// The U-Net has stages of its own, so its lines say which is which.
std::string UnetStages(const ResultView& view) {
  return absl::StrCat("latt ", ShortMs(MsOf(view, "lattice")), " resc ",
                      ShortMs(MsOf(view, "rescale")), " comp ", ShortMs(MsOf(view, "compute")),
                      " loc ", ShortMs(MsOf(view, "locate")));
}

// Stands where the times of the stages do: none of them ran for a selection. Short, so that it fits
// into their 43 columns up to result 9,999,999.
std::string AnewText(const v1::FrameResult& result) {
  std::string text =
      absl::StrCat("anew: ", CauseText(result.cause()), ", version ", result.settings_version());
  if (result.supersedes_sequence() > 0) {
    absl::StrAppend(&text, ", was ", result.supersedes_sequence());
  }
  return text;
}

std::string LossText(const LossBefore& loss) {
  std::vector<std::string> parts;
  if (loss.at_source > 0) parts.push_back(absl::StrCat("source ", loss.at_source));
  if (loss.at_admission > 0) parts.push_back(absl::StrCat("door ", loss.at_admission));
  if (loss.in_gaps > 0) parts.push_back(absl::StrCat("gap ", loss.in_gaps));
  return absl::StrJoin(parts, ", ");
}

// Flags and the detector's error, each behind two spaces.
std::string Remarks(const ResultView& view, const TextStyle& style) {
  std::string text;
  if (!view.detector.flags().empty()) {
    absl::StrAppend(&text, "  ", style.Warn(absl::StrJoin(view.detector.flags(), " ")));
  }
  if (!view.detector.error().empty()) {
    absl::StrAppend(&text, "  ", style.Bad(absl::StrCat("failed: ", view.detector.error())));
  }
  return text;
}

std::string LatticeText(const v1::LatticeEstimate& lattice) {
  if (!lattice.found() && lattice.d_nn_px() == 0) return "not found";
  std::string text = absl::StrFormat("%s, d_NN %.3f px, expected atoms %.1f", lattice.material(),
                                     lattice.d_nn_px(), lattice.expected_atoms());
  if (!lattice.found()) absl::StrAppend(&text, " (from metadata: not found in the frame)");
  return text;
}

std::string PixelSizeText(const v1::LatticeEstimate& lattice) {
  const auto nm = [](double value) {
    return value > 0 ? absl::StrFormat("%.5g nm", value) : std::string("unknown");
  };
  std::string text = absl::StrCat("stated ", nm(lattice.pixel_size_nm_metadata()), ", measured ",
                                  nm(lattice.pixel_size_nm_measured()), ", used ",
                                  nm(lattice.pixel_size_nm_used()));
  if (lattice.metadata_disagrees()) absl::StrAppend(&text, " (metadata disagrees)");
  return text;
}

std::string SummaryText(const v1::FrameSummary& summary) {
  std::vector<std::string> states;
  for (const v1::DetectorSummary& detector : summary.detectors()) {
    states.push_back(absl::StrCat(detector.detector(), " ", DetectorStateText(detector.state())));
    if (!detector.reason().empty()) absl::StrAppend(&states.back(), " (", detector.reason(), ")");
  }
  if (states.empty()) return "";
  return absl::StrCat("detectors      ", absl::StrJoin(states, ", "), "\n");
}

std::string FrontText(const ResultView& view) {
  const v1::ParetoFront& front = view.detector.front();
  std::string text =
      absl::StrFormat("Pareto front   %d solution%s, hypervolume %.4f\n", front.solutions_size(),
                      front.solutions_size() == 1 ? "" : "s", front.hypervolume());
  for (const v1::ParetoSolution& solution : front.solutions()) {
    const bool chosen = &solution == view.chosen;
    absl::StrAppendFormat(
        &text, "  %s QC %.4f  ER %.4f  %-8s sigma %s px, threshold %.5f, overlap %.2f%s\n",
        chosen ? "*" : " ", solution.qc(), solution.er(),
        PreprocessingText(solution.params().preprocessing()), SigmaText(solution.params()),
        solution.params().threshold(), solution.params().overlap(),
        chosen ? absl::StrCat("  (chosen: ", front.chosen_by(), ")") : "");
  }
  return text;
}

// The part of `get` that is about one detector.
std::string DetectorText(const ResultView& view) {
  const v1::DetectorResult& detector = view.detector;
  std::string text = absl::StrCat("detector       ", detector.detector(), "\n");
  if (view.is_unet()) {
    absl::StrAppendFormat(&text,
                          "atoms          %d\n"
                          "network        %s, %d members, %s\n"
                          "mean variance  %.3g\n",
                          view.atoms, detector.model_id(), detector.ensemble_members(),
                          detector.device().empty()
                              ? "not run"
                              : absl::StrFormat("%s on %s, %d tiles", detector.precision(),
                                                detector.device(), detector.tiles()),
                          detector.mean_variance());
    if (detector.expected_f1() > 0) {
      absl::StrAppendFormat(&text, "expected F1    %.3f\n", detector.expected_f1());
    }
  } else {
    absl::StrAppendFormat(&text, "atoms          %d, QC %.4f, ER %.4f\n", view.atoms, detector.qc(),
                          detector.er());
  }
  absl::StrAppend(&text, "lattice        ", LatticeText(detector.lattice()), "\npixel size     ",
                  PixelSizeText(detector.lattice()), "\n");
  if (view.evaluation != nullptr) {
    absl::StrAppendFormat(
        &text, "against truth  F1 %.4f, %d found, %d invented, %d missed, rmse %.3f px\n",
        view.evaluation->f1(), view.evaluation->true_positives(),
        view.evaluation->false_positives(), view.evaluation->false_negatives(),
        view.evaluation->rmse_px());
  }
  absl::StrAppendFormat(&text, "time           %.1f ms: %s\n", view.total_ms, StagesText(view));
  const std::string remarks = Remarks(view, TextStyle());
  if (!remarks.empty()) absl::StrAppend(&text, "remarks      ", remarks, "\n");
  absl::StrAppend(&text, StructureText(view));
  if (!view.is_unet()) absl::StrAppend(&text, FrontText(view));
  return text;
}

}  // namespace

std::string WatchHeader(bool unet) {
  if (unet) {
    return absl::StrFormat(" frame  atoms    F1 %-41s%43s  total  lost",
                           "variance over the atoms, network", "time by stage, ms");
  }
  // The second line is built like WatchLine.
  std::string header = absl::StrFormat("%34s  %-28s%s\n", "", "chosen point", "time by stage, ms");
  absl::StrAppend(&header, " frame  atoms    F1     QC     ER  preproc  sigma px  thresh.");
  for (const WatchStage& column : kWatchStages) {
    absl::StrAppendFormat(&header, "%*s", column.width, column.heading);
  }
  absl::StrAppend(&header, "  total  lost");
  return header;
}

std::string WatchLine(const ResultView& view, const LossBefore& loss, const TextStyle& style) {
  std::string line = absl::StrFormat("%6d %6d ", view.result.frame_number(), view.atoms);
  absl::StrAppend(&line, F1Column(view, style));
  if (view.is_unet()) {
    absl::StrAppendFormat(&line, " %-41s", absl::StrCat("unet ", NetworkText(view.detector)));
  } else if (view.chosen == nullptr) {
    absl::StrAppendFormat(&line, "%7s%7s  %-8s %-9s %7s", "-", "-", "-", "-", "-");
  } else {
    const v1::LogParams& params = view.chosen->params();
    absl::StrAppendFormat(&line, "%7.4f%7.4f  %-8s %-9s %7.5f", view.detector.qc(),
                          view.detector.er(), PreprocessingText(params.preprocessing()),
                          SigmaText(params), params.threshold());
  }
  std::string stages;
  if (view.made_anew()) {
    stages = absl::StrFormat(" %42s", AnewText(view.result));
  } else if (view.is_unet()) {
    stages = absl::StrFormat("%43s", UnetStages(view));
  } else {
    for (const WatchStage& column : kWatchStages) {
      absl::StrAppendFormat(&stages, "%*s", column.width, ShortMs(column.MsOf(view)));
    }
  }
  const std::string lost = LossText(loss);
  absl::StrAppend(&line, style.Dim(stages), absl::StrFormat("%7s  ", ShortMs(view.total_ms)),
                  lost.empty() ? "-" : style.Warn(lost), Remarks(view, style));
  return line;
}

std::string AnalyzeHeader(size_t source_width) {
  return absl::StrCat("frame", std::string(std::max<size_t>(source_width, 5) - 5, ' '),
                      "  detector         size  atoms  expected  d_NN px", kScoreHeader,
                      "  total ms");
}

std::string AnalyzeLine(absl::string_view source, size_t source_width, const ResultView& view,
                        const TextStyle& style) {
  const v1::LatticeEstimate& lattice = view.detector.lattice();
  const size_t padding = source_width > source.size() ? source_width - source.size() : 0;
  return absl::StrCat(
      source, std::string(padding, ' '),
      absl::StrFormat("  %-8s %5d x %-5d %6d %9.1f %8.3f", view.detector.detector(),
                      view.result.width_px(), view.result.height_px(), view.atoms,
                      lattice.expected_atoms(), lattice.d_nn_px()),
      ScoreColumns(view), absl::StrFormat("  %8.1f", view.total_ms),
      view.detector.model_id().empty() ? "" : absl::StrCat("  model ", view.detector.model_id()),
      Remarks(view, style));
}

std::string ResultText(const v1::FrameResult& raw) {
  const v1::FrameResult result = PrintableCopy(raw);
  std::string text = absl::StrFormat(
      "frame          %s (number %d, %s)\n"
      "result         %d of epoch %s\n"
      "acquired       %s, result %s\n"
      "size           %d x %d px\n",
      result.frame_id(), result.frame_number(), result.origin(), result.position().sequence(),
      result.position().epoch(), TimeText(result.acquisition_time()),
      TimeText(result.result_time()), result.width_px(), result.height_px());
  if (result.settings_version() > 0) {
    absl::StrAppendFormat(&text, "made by        %s, settings version %d",
                          CauseText(result.cause()), result.settings_version());
    if (result.supersedes_sequence() > 0) {
      absl::StrAppendFormat(&text, ", in place of result %d", result.supersedes_sequence());
    }
    text += "\n";
  }
  absl::StrAppend(&text, SummaryText(result.summary()));
  for (const ResultView& view : ViewsOf(result)) absl::StrAppend(&text, DetectorText(view));
  return text;
}

}  // namespace atomstream
