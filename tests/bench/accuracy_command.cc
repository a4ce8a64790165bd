#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/status_macros.h"
#include "tests/bench/accuracy_aims.h"
#include "tests/bench/accuracy_case.h"
#include "tests/bench/accuracy_row.h"
#include "tests/bench/commands.h"
#include "tests/bench/flags.h"
#include "tests/bench/real_frames.h"

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

struct Grid {
  std::vector<std::string> materials;
  std::vector<double> pixel_sizes, holes, noises;
  int seeds = 1;
  int size_px = 256;
  double metadata_error = 0;
  double border = 0.5;
  SpecimenKind specimen = SpecimenKind::kSingle;
};

absl::StatusOr<std::vector<AccuracyRow>> MeasureGrid(const Grid& grid, LogStarOptions options,
                                                     bool json) {
  const SystemClock clock;
  std::vector<AccuracyRow> rows;
  if (!json) PrintHeader();
  for (const std::string& material : grid.materials) {
    options.material = material;
    ASSIGN_OR_RETURN(const std::unique_ptr<LogStar> log_star, LogStar::Create(options, &clock));
    for (const double pixel_size : grid.pixel_sizes) {
      for (const double hole : grid.holes) {
        for (const double noise : grid.noises) {
          std::vector<AccuracyRow> of_seeds;
          for (int seed = 1; seed <= grid.seeds; ++seed) {
            AccuracyCaseOptions c;
            c.material = material;
            c.pixel_size_nm = pixel_size;
            c.hole_fraction = hole;
            c.noise = noise;
            c.size_px = grid.size_px;
            c.metadata_error = grid.metadata_error;
            c.specimen = grid.specimen;
            c.seed = static_cast<uint64_t>(seed);
            ASSIGN_OR_RETURN(const AccuracyCase made, MakeAccuracyCase(c));
            ASSIGN_OR_RETURN(const AccuracyRow row, MeasureAccuracy(made, *log_star, grid.border));
            of_seeds.push_back(row);
          }
          rows.push_back(MeanOf(of_seeds));
          json ? PrintJson(rows.back()) : PrintText(rows.back());
          std::fflush(stdout);
        }
      }
    }
  }
  return rows;
}

}  // namespace

absl::Status RunAccuracy(const Arguments& arguments) {
  Flags flags(arguments, {});
  Grid grid;
  grid.materials = flags.TextList("materials", "graphene,SrTiO3");
  grid.pixel_sizes = flags.NumberList("pixel-sizes", "0.02,0.03");
  grid.holes = flags.NumberList("holes", "0,0.067");
  // One hole fraction, as a shorthand.
  const std::string hole = flags.Text("hole", "");
  if (!hole.empty()) grid.holes = {flags.Number("hole", 0)};
  grid.noises = flags.NumberList("noise", "0,0.1,0.2,0.3,0.5,0.7,0.9");
  grid.seeds = flags.Integer("seeds", 1);
  grid.size_px = flags.Integer("size", 256);
  grid.metadata_error = flags.Number("metadata-error", 0);
  grid.border = flags.Number("border", 0.5);
  LogStarOptions options;
  const bool preprocessing =
      flags.Choice("preprocessing", {"default", "none"}, "default") == "default";
  if (!preprocessing) options.preprocessing = {Preprocessing::kNone};
  options.optimizer = flags.Text("optimizer", options.optimizer);
  options.max_evaluations = flags.Integer("evaluations", options.max_evaluations);
  const std::string specimen = flags.Text("specimen", "single");
  const bool json = flags.Choice("format", {"text", "json"}, "text") == "json";
  const std::string real = flags.Text("real", "");
  const auto material_map = flags.TextList("material-map", "graphene=graphene,srtio3=SrTiO3");
  RETURN_IF_ERROR(flags.Finish(0));
  ASSIGN_OR_RETURN(grid.specimen, ParseSpecimenKind(specimen));
  if (grid.seeds < 1) return absl::InvalidArgumentError("--seeds: must be at least 1");
  if (!real.empty()) return ReportRealFrames(real, material_map, options, grid.border, json);

  ASSIGN_OR_RETURN(const std::vector<AccuracyRow> rows, MeasureGrid(grid, options, json));
  if (!json) PrintAims(rows, preprocessing);
  return absl::OkStatus();
}

}  // namespace atomstream::bench
