#include "tests/bench/training_speed.h"

#ifdef ATOMSTREAM_BENCH_WITH_TORCH
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "core/base/status_macros.h"
#include "core/base/thread_pool.h"
#include "detectors/unet/training/trainer.h"
#include "tests/bench/statistics.h"
#endif

namespace atomstream::bench {

#ifdef ATOMSTREAM_BENCH_WITH_TORCH

namespace {

using Steady = std::chrono::steady_clock;

double MillisecondsSince(Steady::time_point start) {
  return std::chrono::duration<double, std::milli>(Steady::now() - start).count();
}

void Print(const char* what, const std::vector<double>& times, double divisor, bool json) {
  const Quartiles q = QuartilesOf(times);
  if (json) {
    std::printf(
        "{\"stage\": \"training: %s\", \"ms\": %.4f, \"lower_quartile_ms\": %.4f, "
        "\"upper_quartile_ms\": %.4f}\n",
        what, q.median / divisor, q.lower / divisor, q.upper / divisor);
  } else {
    std::printf("%-58s %10.2f   %.2f-%.2f\n", what, q.median / divisor, q.lower / divisor,
                q.upper / divisor);
  }
}

}  // namespace

absl::Status MeasureTrainingSpeed(const TrainingSpeedOptions& o) {
  TrainerOptions options;
  options.device = o.device;
  ThreadPool pool(o.threads - 1);
  ASSIGN_OR_RETURN(const std::unique_ptr<Trainer> trainer, Trainer::Create(options, &pool));
  RETURN_IF_ERROR(trainer->Step().status());
  std::vector<double> steps, draws;
  for (int i = 0; i < o.steps; ++i) {
    auto start = Steady::now();
    RETURN_IF_ERROR(trainer->Step().status());
    steps.push_back(MillisecondsSince(start));
    start = Steady::now();
    RETURN_IF_ERROR(DrawTrainingFrame(options.frames, options.seed, i).status());
    draws.push_back(MillisecondsSince(start));
  }
  const double crops_a_side = static_cast<double>(options.frames.size_px) / options.crop_px;
  const double frames = options.frames_per_step;
  if (!o.json) std::printf("\n%-58s %10s   %s\n", "training (median)", "ms", "quartiles");
  Print("one step, with drawing the next step's frames", steps, 1, o.json);
  Print("per 256 px frame", steps, frames, o.json);
  Print("per crop", steps, frames * crops_a_side * crops_a_side, o.json);
  Print("drawing one frame, one thread", draws, 1, o.json);
  return absl::OkStatus();
}

#else

absl::Status MeasureTrainingSpeed(const TrainingSpeedOptions&) {
  return absl::UnimplementedError(
      "training: this program was built without libtorch (ATOMSTREAM_BUILD_TORCH=OFF)");
}

#endif

}  // namespace atomstream::bench
