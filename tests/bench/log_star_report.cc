#include "tests/bench/log_star_report.h"

#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_join.h"
#include "core/base/clock.h"
#include "core/base/status_macros.h"
#include "detectors/log_star/log_star.h"
#include "tests/bench/accuracy_aims.h"
#include "tests/bench/accuracy_row.h"
#include "tests/bench/comparison_row.h"
#include "tests/bench/log_star_score.h"
#include "tests/bench/oracle.h"

namespace atomstream::bench {
namespace {

void PrintHeader() {
  std::printf(
      "%-9s %5s %5s %5s | %6s %4s %6s | %6s %7s %6s %6s | %6s %6s %6s %5s | %5s %7s %-9s "
      "%7s %s\n",
      "material", "nm/px", "hole", "noise", "oracle", "s/d", "textbk", "LoG*", "diff", "prec",
      "recall", "found", "expect", "true", "vacFP", "s/d", "thresh", "preproc", "ms", "flags");
}

void PrintText(const AccuracyRow& r) {
  const AccuracyCaseOptions& o = r.options;
  std::printf(
      "%-9s %5.3f %5.3f %5.2f | %6.3f %4.2f %6.3f | %6.3f %+7.3f %6.3f %6.3f | %6.0f "
      "%6.0f %6.0f %5.1f | %5.3f %7.4f %-9s %7.1f %s\n",
      o.material.c_str(), o.pixel_size_nm, o.hole_fraction, o.noise, r.oracle_f1, r.oracle_sigma,
      r.textbook_f1, r.f1, r.Difference(), r.precision, r.recall, r.found, r.expected, r.truth,
      r.in_vacuum, r.sigma, r.threshold, r.preprocessing.c_str(), r.milliseconds, r.flags.c_str());
}

void PrintJson(const AccuracyRow& r) {
  const AccuracyCaseOptions& o = r.options;
  std::printf(
      "{\"material\": \"%s\", \"pixel_size_nm\": %g, \"hole_fraction\": %g, \"noise\": %g, "
      "\"size_px\": %d, \"metadata_error\": %g, \"seeds\": %d, \"oracle_f1\": %.6f, "
      "\"oracle_sigma\": %.4f, \"textbook_f1\": %.6f, \"f1\": %.6f, \"difference\": %.6f, "
      "\"precision\": %.6f, \"recall\": %.6f, \"rmse_px\": %.4f, \"found\": %.1f, "
      "\"expected\": %.1f, \"true\": %.1f, \"false_positives\": %.1f, \"in_vacuum\": %.1f, "
      "\"sigma\": %.4f, \"threshold\": %.6g, \"preprocessing\": \"%s\", \"qc\": %.5f, "
      "\"er\": %.5f, \"metadata_disagrees\": %d, \"ms\": %.2f, \"flags\": \"%s\"}\n",
      o.material.c_str(), o.pixel_size_nm, o.hole_fraction, o.noise, o.size_px, o.metadata_error,
      r.seeds, r.oracle_f1, r.oracle_sigma, r.textbook_f1, r.f1, r.Difference(), r.precision,
      r.recall, r.rmse_px, r.found, r.expected, r.truth, r.false_positives, r.in_vacuum, r.sigma,
      r.threshold, r.preprocessing.c_str(), r.qc, r.er, r.metadata_disagrees, r.milliseconds,
      r.flags.c_str());
}

void PrintAims(const std::vector<AccuracyRow>& rows, bool preprocessing_allowed) {
  int rows_missing = 0;
  std::vector<std::string> missed;
  for (const AccuracyRow& row : rows) {
    const std::vector<std::string> more = MissedAims(row, preprocessing_allowed);
    rows_missing += !more.empty();
    missed.insert(missed.end(), more.begin(), more.end());
  }
  std::printf("\n%d of %zu rows miss an aim\n", rows_missing, rows.size());
  for (const std::string& line : missed) std::printf("  %s\n", line.c_str());
}

struct RealRow {
  std::string frame, reference, material;
  size_t reference_atoms = 0;
  double d_nn_px = 0;
  OracleResult oracle;
  LogStarScore score;
};

void PrintReal(const RealRow& r, bool json) {
  const Matching& m = r.score.matching;
  const std::string flags = absl::StrJoin(r.score.flags, "+");
  if (json) {
    std::printf(
        "{\"frame\": \"%s\", \"reference\": \"%s\", \"material\": \"%s\", \"d_nn_px\": "
        "%.3f, \"oracle_f1\": %.6f, \"f1\": %.6f, \"precision\": %.6f, \"recall\": %.6f, "
        "\"rmse_px\": %.4f, \"found\": %zu, \"expected\": %.1f, \"reference_atoms\": %zu, "
        "\"d_nn_px_measured\": %.3f, \"sigma\": %.4f, \"threshold\": %.6g, "
        "\"preprocessing\": \"%s\", \"ms\": %.1f, \"flags\": \"%s\"}\n",
        r.frame.c_str(), r.reference.c_str(), r.material.c_str(), r.d_nn_px, r.oracle.f1, m.f1,
        m.precision, m.recall, m.rmse_px, r.score.predicted.size(), r.score.lattice.expected_atoms,
        r.reference_atoms, r.score.lattice.d_nn_px, r.score.sigma_over_d_nn, r.score.threshold,
        r.score.preprocessing.c_str(), r.score.milliseconds, flags.c_str());
    return;
  }
  std::printf(
      "%-22s %-28s %-9s | %6.3f | %6.3f %6.3f %6.3f %6.2f | %6zu %6.0f %6zu | %6.2f %6.2f "
      "| %5.3f %7.4f %-9s %7.1f %s\n",
      r.frame.c_str(), r.reference.c_str(), r.material.c_str(), r.oracle.f1, m.f1, m.precision,
      m.recall, m.rmse_px, r.score.predicted.size(), r.score.lattice.expected_atoms,
      r.reference_atoms, r.d_nn_px, r.score.lattice.d_nn_px, r.score.sigma_over_d_nn,
      r.score.threshold, r.score.preprocessing.c_str(), r.score.milliseconds, flags.c_str());
}

void PrintRealHeader() {
  std::printf(
      "%-22s %-28s %-9s | %6s | %6s %6s %6s %6s | %6s %6s %6s | %6s %6s | %5s %7s %-9s "
      "%7s %s\n",
      "frame", "reference", "material", "oracle", "LoG*", "prec", "recall", "rmse", "found",
      "expect", "ref", "d_NN", "meas.", "s/d", "thresh", "preproc", "ms", "flags");
}

}  // namespace

absl::Status ReportLogStar(const AccuracyGrid& grid, const LogStarOptions& options,
                           bool preprocessing_allowed, bool json) {
  const SystemClock clock;
  ASSIGN_OR_RETURN(const std::unique_ptr<LogStar> log_star, LogStar::Create(options, &clock));
  std::vector<AccuracyRow> rows;
  if (!json) PrintHeader();
  for (AccuracyCaseOptions point : grid.Points()) {
    std::vector<AccuracyRow> of_seeds;
    for (int seed = 0; seed < grid.seeds; ++seed, ++point.seed) {
      ASSIGN_OR_RETURN(const AccuracyCase made, MakeAccuracyCase(point));
      ASSIGN_OR_RETURN(const AccuracyRow row, MeasureAccuracy(made, *log_star, grid.border));
      of_seeds.push_back(row);
    }
    rows.push_back(MeanOf(of_seeds));
    json ? PrintJson(rows.back()) : PrintText(rows.back());
    std::fflush(stdout);
  }
  if (!json) PrintAims(rows, preprocessing_allowed);
  return absl::OkStatus();
}

absl::Status ReportLogStarOnRealFrames(const std::vector<RealFrame>& frames,
                                       const LogStarOptions& options, double border, bool json) {
  const SystemClock clock;
  ASSIGN_OR_RETURN(const std::unique_ptr<LogStar> log_star, LogStar::Create(options, &clock));
  if (!json) PrintRealHeader();
  for (const RealFrame& frame : frames) {
    for (const RealReference& reference : frame.references) {
      RealRow row{frame.name,
                  reference.name,
                  frame.material,
                  reference.points.size(),
                  reference.d_nn_px,
                  {},
                  {}};
      const MatchOptions match = MatchOptionsFor(reference.d_nn_px, border, *frame.frame);
      row.oracle = FindOracle(frame.frame->image(), reference.points, row.d_nn_px, match);
      ASSIGN_OR_RETURN(row.score,
                       ScoreLogStar(*frame.frame, *log_star, reference.points, row.d_nn_px, match));
      PrintReal(row, json);
      std::fflush(stdout);
    }
  }
  return absl::OkStatus();
}

}  // namespace atomstream::bench
