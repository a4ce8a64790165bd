#include "tests/bench/log_star_speed.h"

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/base/status_macros.h"
#include "core/blob/log_blobs.h"
#include "detectors/log_star/log_star.h"
#include "tests/bench/accuracy_case.h"
#include "tests/bench/image_input.h"
#include "tests/bench/statistics.h"

namespace atomstream::bench {
namespace {

constexpr int kFrameSide = 512;
constexpr int kWindowSide = 256;
constexpr int kEvaluations = 350;

// The reference loop's search space: scales in d_NN as LoG*'s own; thresholds on a frame scaled to
// [0, 1], where LoG* takes them from the responses it finds.
constexpr double kMinSigma = 0.22;
constexpr double kMaxSigma = 0.38;
constexpr double kMinThreshold = 0.001;
constexpr double kMaxThreshold = 0.2;

double Median(std::vector<double> values) { return QuartilesOf(std::move(values)).median; }

// One line of the report.
struct Stage {
  std::string name;
  double milliseconds = 0;
  double reference_ms = 0;  // 0: nothing to compare with
  std::string reference;
};

// Times of many detections, stage by stage.
struct DetectTimes {
  std::vector<std::pair<std::string, std::vector<double>>> stages;

  void Add(const LogStarTimings& t) {
    const std::pair<const char*, absl::Duration> parts[] = {{"normalise", t.normalise},
                                                            {"lattice", t.lattice},
                                                            {"preprocess", t.preprocess},
                                                            {"scale space", t.scale_space},
                                                            {"optimise", t.optimise},
                                                            {"detect", t.detect},
                                                            {"whole", t.total}};
    stages.resize(std::size(parts));
    for (size_t i = 0; i < std::size(parts); ++i) {
      stages[i].first = parts[i].first;
      stages[i].second.push_back(absl::ToDoubleMilliseconds(parts[i].second));
    }
  }

  void AppendTo(const std::string& prefix, std::vector<Stage>& out) const {
    for (const auto& [name, values] : stages) {
      out.push_back({prefix + name, Median(values), 0, ""});
    }
  }

  double MedianOf(const std::string& name) const {
    for (const auto& [stage, values] : stages) {
      if (stage == name) return Median(values);
    }
    return 0;
  }
};

absl::StatusOr<double> TimeBlobs(const Image& image, const LogParams& params, int repeats,
                                 int& count) {
  std::vector<double> times;
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    ASSIGN_OR_RETURN(const std::vector<Blob> blobs, DetectLogBlobs(image, params));
    times.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
            .count());
    count = static_cast<int>(blobs.size());
  }
  return Median(times);
}

absl::StatusOr<LogStarResult> DetectOnce(const LogStar& log_star, const Frame& frame,
                                         const WarmStart* warm_start) {
  InlineExecutor executor;
  return log_star.Detect(frame, warm_start, executor);
}

void PrintText(const std::vector<Stage>& stages) {
  std::printf("%-58s %10s %12s %9s\n", "stage (median, one thread)", "ms", "reference ms", "ratio");
  for (const Stage& s : stages) {
    if (s.reference_ms > 0 && s.milliseconds > 0) {
      std::printf("%-58s %10.3f %12.1f %8.0fx  %s\n", s.name.c_str(), s.milliseconds,
                  s.reference_ms, s.reference_ms / s.milliseconds, s.reference.c_str());
    } else {
      std::printf("%-58s %10.3f\n", s.name.c_str(), s.milliseconds);
    }
  }
}

void PrintJson(const std::vector<Stage>& stages) {
  for (const Stage& s : stages) {
    std::printf("{\"stage\": \"%s\", \"ms\": %.4f", s.name.c_str(), s.milliseconds);
    if (s.reference_ms > 0 && s.milliseconds > 0) {
      std::printf(", \"reference_ms\": %.2f, \"ratio\": %.2f, \"reference\": \"%s\"",
                  s.reference_ms, s.reference_ms / s.milliseconds, s.reference.c_str());
    }
    std::printf("}\n");
  }
}

// The loop's front against ours, both from the same number of evaluations.
void PrintHypervolumes(double ours, double reference, int evaluations, bool json) {
  if (json) {
    std::printf(
        "{\"hypervolume_evaluations\": %d, \"hypervolume\": %.5f, "
        "\"reference_hypervolume\": %.5f}\n",
        evaluations, ours, reference);
    return;
  }
  std::printf(
      "\nhypervolume of the (QC, ER) front up to (1, 1) after %d evaluations of the 256 px "
      "window:\n  LoG* %.4f, scikit-image + NSGA-II %.4f\n  The rewards, N_expected, error "
      "distance and the range of sigma are the same;\n  blob_log prunes by "
      "overlap and has no preprocessing, LoG* chooses among its own.\n",
      evaluations, ours, reference);
}

}  // namespace

absl::Status MeasureLogStarSpeed(LogStarSpeedOptions o) {
  const SystemClock clock;
  std::vector<Stage> stages;
  AccuracyCaseOptions case_options;
  case_options.material = o.material;
  case_options.noise = o.noise;
  case_options.hole_fraction = 0.067;
  case_options.size_px = kFrameSide;
  ASSIGN_OR_RETURN(const AccuracyCase frame, MakeAccuracyCase(case_options));
  case_options.size_px = kWindowSide;
  ASSIGN_OR_RETURN(const AccuracyCase window, MakeAccuracyCase(case_options));

  o.reference.blobs.min_sigma_px = 1;
  o.reference.blobs.max_sigma_px = 5;
  o.reference.blobs.num_sigma = 10;
  o.reference.blobs.threshold = 0.05;
  o.reference.blobs.overlap = 0.5;
  o.reference.blobs_image = ScaleMinMax(frame.frame->image());
  o.reference.window = ScaleMinMax(window.frame->image());
  int count = 0;
  ASSIGN_OR_RETURN(const double blobs_ms,
                   TimeBlobs(o.reference.blobs_image, o.reference.blobs, o.repeats, count));
  stages.push_back({"LoG blobs, 512 px, 10 levels of sigma 1-5 px", blobs_ms, 0, ""});

  o.log_star.material = o.material;
  o.log_star.max_evaluations = kEvaluations;
  ASSIGN_OR_RETURN(const auto log_star, LogStar::Create(o.log_star, &clock));
  DetectTimes window_times;
  for (int i = 0; i < o.repeats; ++i) {
    ASSIGN_OR_RETURN(const LogStarResult result, DetectOnce(*log_star, *window.frame, nullptr));
    window_times.Add(result.timings);
    o.reference.expected_atoms = result.lattice.expected_atoms;
  }
  const size_t loop_stage = stages.size();
  stages.push_back({"350 evaluations, 256 px window: whole detection, cold",
                    window_times.MedianOf("whole"), 0, ""});
  window_times.AppendTo("  256 px cold: ", stages);

  case_options.size_px = kFrameSide;
  DetectTimes cold, warm;
  std::shared_ptr<const WarmStart> warm_start;
  for (int i = 0; i < o.repeats; ++i) {
    case_options.frame_index = i;
    ASSIGN_OR_RETURN(const AccuracyCase next, MakeAccuracyCase(case_options));
    ASSIGN_OR_RETURN(const LogStarResult first, DetectOnce(*log_star, *next.frame, nullptr));
    cold.Add(first.timings);
    if (warm_start == nullptr) warm_start = first.next_warm_start;
    ASSIGN_OR_RETURN(const LogStarResult again,
                     DetectOnce(*log_star, *next.frame, warm_start.get()));
    warm.Add(again.timings);
    if (again.next_warm_start != nullptr) warm_start = again.next_warm_start;
  }
  cold.AppendTo("512 px, cold: ", stages);
  warm.AppendTo("512 px, warm, drifting: ", stages);

  o.log_star.time_budget = absl::Milliseconds(o.budget_ms);
  ASSIGN_OR_RETURN(const auto hurried, LogStar::Create(o.log_star, &clock));
  o.log_star.time_budget = absl::InfiniteDuration();
  DetectTimes within_budget;
  for (int i = 0; i < o.repeats; ++i) {
    case_options.frame_index = i;
    ASSIGN_OR_RETURN(const AccuracyCase next, MakeAccuracyCase(case_options));
    ASSIGN_OR_RETURN(const LogStarResult result,
                     DetectOnce(*hurried, *next.frame, warm_start.get()));
    within_budget.Add(result.timings);
    if (result.next_warm_start != nullptr) warm_start = result.next_warm_start;
  }
  within_budget.AppendTo(absl::StrCat("512 px, warm, budget ", o.budget_ms, " ms: "), stages);

  absl::StatusOr<SkimageReply> reply = absl::UnavailableError("not asked for");
  if (o.with_reference && o.reference.expected_atoms > 0) {
    o.reference.min_sigma_px = kMinSigma * window.d_nn_px;
    o.reference.max_sigma_px = kMaxSigma * window.d_nn_px;
    o.reference.min_threshold = kMinThreshold;
    o.reference.max_threshold = kMaxThreshold;
    o.reference.closest_px = o.log_star.er_distance_d_nn * window.d_nn_px;
    reply = RunSkimage(o.reference);
  }
  if (reply.ok()) {
    stages[0].reference_ms = reply->blob_log_ms;
    stages[0].reference = "scikit-image " + reply->version + " blob_log";
    stages[loop_stage].reference_ms = kEvaluations * reply->evaluation_mean_ms;
    stages[loop_stage].reference = "scikit-image + NSGA-II in Python, " +
                                   std::to_string(o.reference.evaluations) +
                                   " evaluations scaled to 350";
  }
  o.json ? PrintJson(stages) : PrintText(stages);
  if (!reply.ok()) {
    std::fprintf(stderr, "no reference times: %s\n", std::string(reply.status().message()).c_str());
    return reply.status().code() == absl::StatusCode::kUnavailable ? absl::OkStatus()
                                                                   : reply.status();
  }
  if (!o.json) {
    std::printf("blobs found by the raw detector: %d here, %d by scikit-image\n", count,
                reply->blob_log_count);
  }
  o.log_star.max_evaluations = o.reference.hypervolume_evaluations;
  ASSIGN_OR_RETURN(const auto short_search, LogStar::Create(o.log_star, &clock));
  ASSIGN_OR_RETURN(const LogStarResult result, DetectOnce(*short_search, *window.frame, nullptr));
  const double hypervolume = result.windows.empty() ? 0 : result.windows.front().hypervolume;
  PrintHypervolumes(hypervolume, reply->hypervolume, o.reference.hypervolume_evaluations, o.json);
  return absl::OkStatus();
}

}  // namespace atomstream::bench
