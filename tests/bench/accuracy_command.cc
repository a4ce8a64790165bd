#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/clock.h"
#include "core/base/status_macros.h"
#include "tests/bench/accuracy_grid.h"
#include "tests/bench/commands.h"
#include "tests/bench/comparison.h"
#include "tests/bench/flags.h"
#include "tests/bench/log_star_report.h"
#include "tests/bench/real_frames.h"
#include "tests/bench/tested_detector.h"

namespace atomstream::bench {

// With LoG* alone the report is about its parameters; with other detectors it is the comparison.
absl::Status RunAccuracy(const Arguments& arguments) {
  Flags flags(arguments, {});
  const absl::StatusOr<AccuracyGrid> grid = ReadAccuracyGrid(flags);
  LogStarOptions log_star;
  const bool preprocessing =
      flags.Choice("preprocessing", {"default", "none"}, "default") == "default";
  if (!preprocessing) log_star.preprocessing = {Preprocessing::kNone};
  log_star.optimizer = flags.Text("optimizer", log_star.optimizer);
  log_star.max_evaluations = flags.Integer("evaluations", log_star.max_evaluations);
  const std::vector<std::string> names = flags.TextList("detectors", "log_star");
  const UnetFlags unet = ReadUnetFlags(flags);
  PlotRequest plot;
  plot.file = flags.Text("plot", "");
  plot.counts =
      flags.Choice("plot-counts", {"one_to_one", "one_sided"}, "one_to_one") == "one_sided"
          ? PlotCounts::kOneSided
          : PlotCounts::kOneToOne;
  const bool json = flags.Choice("format", {"text", "json"}, "text") == "json";
  const std::string real = flags.Text("real", "");
  const auto material_map = flags.TextList("material-map", "graphene=graphene,srtio3=SrTiO3");
  RETURN_IF_ERROR(flags.Finish(0));
  RETURN_IF_ERROR(grid.status());
  if (names.empty()) return absl::InvalidArgumentError("--detectors: names none");
  if (!real.empty() && !plot.file.empty()) {
    return absl::InvalidArgumentError("--plot: shows simulated frames, not those of --real");
  }

  std::vector<RealFrame> frames;
  if (!real.empty()) {
    ASSIGN_OR_RETURN(frames, LoadRealFrames(real, material_map));
  }
  if (names == std::vector<std::string>{"log_star"} && plot.file.empty()) {
    return real.empty() ? ReportLogStar(*grid, log_star, preprocessing, json)
                        : ReportLogStarOnRealFrames(frames, log_star, grid->border, json);
  }
  const SystemClock clock;
  TestedDetectors detectors;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(std::unique_ptr<TestedDetector> detector,
                     MakeTestedDetector(name, log_star, unet, &clock));
    detectors.push_back(std::move(detector));
  }
  return real.empty() ? CompareOnGrid(*grid, detectors, plot, json)
                      : CompareOnRealFrames(frames, detectors, grid->border, json);
}

}  // namespace atomstream::bench
