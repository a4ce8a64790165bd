#include "tests/bench/comparison.h"

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "core/base/status_macros.h"
#include "tests/bench/comparison_aims.h"
#include "tests/bench/comparison_plot.h"
#include "tests/bench/comparison_row.h"
#include "tests/bench/svg_plot.h"

namespace atomstream::bench {
namespace {

void PrintHeader() {
  std::printf(
      "%-9s %5s %5s %5s %-8s | %7s %7s %7s | %6s %6s %6s | %6s %6s %6s %6s | %6s %6s %6s "
      "%6s | %8s %s\n",
      "material", "nm/px", "hole", "noise", "detector", "TP", "FP", "FN", "1s.TP", "1s.FP", "1s.FN",
      "prec", "recall", "F1", "+-", "vac.%", "rmse", "true", "found", "ms", "device flags");
}

void PrintText(const ComparisonRow& r) {
  const AccuracyCaseOptions& o = r.options;
  std::printf(
      "%-9s %5.3f %5.3f %5.2f %-8s | %7.1f %7.1f %7.1f | %6.1f %6.1f %6.1f | %6.3f %6.3f "
      "%6.4f %6.4f | %6.2f %6.3f %6.0f %6.0f | %8.1f %s %s\n",
      o.material.c_str(), o.pixel_size_nm, o.hole_fraction, o.noise, r.detector.c_str(),
      r.counts.true_positives.mean, r.counts.false_positives.mean, r.counts.false_negatives.mean,
      r.one_sided.true_positives.mean, r.one_sided.false_positives.mean,
      r.one_sided.false_negatives.mean, r.precision.mean, r.recall.mean, r.f1.mean, r.f1.deviation,
      100 * r.vacuum_share.mean, r.rmse_px.mean, r.truth.mean, r.found.mean, r.milliseconds.mean,
      r.device.c_str(), r.flags.c_str());
}

std::string Json(const char* name, const Statistic& s) {
  return absl::StrFormat(", \"%s\": %.6g, \"%s_deviation\": %.6g", name, s.mean, name, s.deviation);
}

void PrintJson(const ComparisonRow& r) {
  const AccuracyCaseOptions& o = r.options;
  std::string line = absl::StrFormat(
      "{\"material\": \"%s\", \"pixel_size_nm\": %g, \"hole_fraction\": %g, \"noise\": %g, "
      "\"size_px\": %d, \"seeds\": %d, \"detector\": \"%s\"",
      o.material, o.pixel_size_nm, o.hole_fraction, o.noise, o.size_px, r.seeds, r.detector);
  absl::StrAppend(&line, Json("true_positives", r.counts.true_positives),
                  Json("false_positives", r.counts.false_positives),
                  Json("false_negatives", r.counts.false_negatives),
                  Json("one_sided_true_positives", r.one_sided.true_positives),
                  Json("one_sided_false_positives", r.one_sided.false_positives));
  absl::StrAppend(&line, Json("one_sided_false_negatives", r.one_sided.false_negatives),
                  Json("precision", r.precision), Json("recall", r.recall), Json("f1", r.f1),
                  Json("vacuum_share", r.vacuum_share));
  absl::StrAppend(&line, Json("rmse_px", r.rmse_px), Json("true", r.truth), Json("found", r.found),
                  Json("ms", r.milliseconds));
  std::printf("%s, \"device\": \"%s\", \"model\": \"%s\", \"flags\": \"%s\"}\n", line.c_str(),
              r.device.c_str(), r.model.c_str(), r.flags.c_str());
}

void PrintAims(const std::vector<ComparisonRow>& rows) {
  int rows_missing = 0, unet_rows = 0;
  std::vector<std::string> missed;
  for (const ComparisonRow& row : rows) {
    unet_rows += row.detector == "unet";
    const std::vector<std::string> more = MissedUnetAims(row, rows);
    rows_missing += !more.empty();
    missed.insert(missed.end(), more.begin(), more.end());
  }
  if (unet_rows == 0) return;
  std::printf("\n%d of %d unet rows miss an aim\n", rows_missing, unet_rows);
  for (const std::string& line : missed) std::printf("  %s\n", line.c_str());
}

// One point of the grid: every detector sees the very same frames.
absl::StatusOr<std::vector<ComparisonRow>> MeasurePoint(AccuracyCaseOptions point, int seeds,
                                                        double border,
                                                        const TestedDetectors& detectors) {
  std::vector<std::vector<DetectionScore>> scores(detectors.size());
  std::vector<std::vector<Detection>> detections(detectors.size());
  const AccuracyCaseOptions first = point;
  for (int seed = 0; seed < seeds; ++seed) {
    point.seed = first.seed + static_cast<uint64_t>(seed);
    ASSIGN_OR_RETURN(const AccuracyCase c, MakeAccuracyCase(point));
    const MatchOptions match = MatchOptionsFor(c.d_nn_px, border, *c.frame);
    for (size_t i = 0; i < detectors.size(); ++i) {
      ASSIGN_OR_RETURN(Detection detection, detectors[i]->Detect(*c.frame));
      ASSIGN_OR_RETURN(const DetectionScore score,
                       ScoreDetection(detection.atoms, c.truth, c.vacuum, match));
      scores[i].push_back(score);
      detections[i].push_back(std::move(detection));
    }
  }
  std::vector<ComparisonRow> rows;
  for (size_t i = 0; i < detectors.size(); ++i) {
    rows.push_back(SummariseSeeds(first, detectors[i]->name(), scores[i], detections[i]));
  }
  return rows;
}

absl::Status WritePlot(const std::vector<ComparisonRow>& rows, const PlotRequest& plot) {
  std::ofstream file(plot.file);
  file << SvgPlot(ComparisonFigure(rows, plot.counts));
  file.close();
  if (!file) return absl::UnavailableError(absl::StrCat("--plot ", plot.file, ": not writable"));
  return absl::OkStatus();
}

struct RealRow {
  std::string frame, reference, material, detector;
  size_t reference_atoms = 0;
  DetectionScore score;
  Detection detection;
};

void PrintRealHeader() {
  std::printf("%-22s %-28s %-9s %-8s | %6s %6s %6s | %6s %6s %6s %6s | %6s %6s | %8s %s\n", "frame",
              "reference", "material", "detector", "TP", "FP", "FN", "prec", "recall", "F1", "rmse",
              "ref", "found", "ms", "device flags");
}

void PrintReal(const RealRow& r, bool json) {
  const Matching& m = r.score.matching;
  const std::string flags = absl::StrJoin(r.detection.flags, "+");
  if (json) {
    std::printf(
        "{\"frame\": \"%s\", \"reference\": \"%s\", \"material\": \"%s\", \"detector\": "
        "\"%s\", \"true_positives\": %d, \"false_positives\": %d, \"false_negatives\": %d, "
        "\"precision\": %.6f, \"recall\": %.6f, \"f1\": %.6f, \"rmse_px\": %.4f, "
        "\"reference_atoms\": %zu, \"found\": %.0f, \"ms\": %.2f, \"device\": \"%s\", "
        "\"model\": \"%s\", \"flags\": \"%s\"}\n",
        r.frame.c_str(), r.reference.c_str(), r.material.c_str(), r.detector.c_str(),
        m.true_positives, m.false_positives, m.false_negatives, m.precision, m.recall, m.f1,
        m.rmse_px, r.reference_atoms, r.score.found, r.detection.milliseconds,
        r.detection.device.c_str(), r.detection.model.c_str(), flags.c_str());
    return;
  }
  std::printf(
      "%-22s %-28s %-9s %-8s | %6d %6d %6d | %6.3f %6.3f %6.4f %6.2f | %6zu %6.0f | %8.1f "
      "%s %s\n",
      r.frame.c_str(), r.reference.c_str(), r.material.c_str(), r.detector.c_str(),
      m.true_positives, m.false_positives, m.false_negatives, m.precision, m.recall, m.f1,
      m.rmse_px, r.reference_atoms, r.score.found, r.detection.milliseconds,
      r.detection.device.c_str(), flags.c_str());
}

}  // namespace

absl::Status CompareOnGrid(const AccuracyGrid& grid, const TestedDetectors& detectors,
                           const PlotRequest& plot, bool json) {
  std::vector<ComparisonRow> rows;
  if (!json) PrintHeader();
  for (const AccuracyCaseOptions& point : grid.Points()) {
    ASSIGN_OR_RETURN(const std::vector<ComparisonRow> more,
                     MeasurePoint(point, grid.seeds, grid.border, detectors));
    for (const ComparisonRow& row : more) {
      json ? PrintJson(row) : PrintText(row);
      rows.push_back(row);
    }
    std::fflush(stdout);
  }
  if (!json) PrintAims(rows);
  return plot.file.empty() ? absl::OkStatus() : WritePlot(rows, plot);
}

absl::Status CompareOnRealFrames(const std::vector<RealFrame>& frames,
                                 const TestedDetectors& detectors, double border, bool json) {
  if (!json) PrintRealHeader();
  std::vector<std::string> missed;
  for (const RealFrame& frame : frames) {
    for (const auto& detector : detectors) {
      ASSIGN_OR_RETURN(const Detection detection, detector->Detect(*frame.frame));
      for (const RealReference& reference : frame.references) {
        ASSIGN_OR_RETURN(const DetectionScore score,
                         ScoreDetection(detection.atoms, reference.points, {},
                                        MatchOptionsFor(reference.d_nn_px, border, *frame.frame)));
        PrintReal({frame.name, reference.name, frame.material, detector->name(),
                   reference.points.size(), score, detection},
                  json);
        const double aim = RealFrameF1Aim(frame.name, reference.name);
        if (detector->name() == "unet" && score.matching.f1 < aim) {
          missed.push_back(absl::StrFormat("%s, %s: F1 %.4f < %.2f", frame.name, reference.name,
                                           score.matching.f1, aim));
        }
      }
      std::fflush(stdout);
    }
  }
  if (!json) {
    std::printf("\n%zu rows miss an aim\n", missed.size());
    for (const std::string& line : missed) std::printf("  %s\n", line.c_str());
  }
  return absl::OkStatus();
}

}  // namespace atomstream::bench
