#include "tests/bench/training_speed.h"

#ifdef ATOMSTREAM_BENCH_WITH_TORCH
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "core/base/status_macros.h"
#include "core/base/thread_pool.h"
#include "detectors/unet/training/trainer.h"
#include "tests/bench/python_script.h"
#include "tests/bench/statistics.h"
#include "tests/bench/torch_reference.h"
#endif

namespace atomstream::bench {

#ifdef ATOMSTREAM_BENCH_WITH_TORCH

namespace {

using Steady = std::chrono::steady_clock;

// Adds the times of `steps` training steps.
absl::Status TimeSteps(Trainer& trainer, int steps, std::vector<double>& times) {
  for (int i = 0; i < steps; ++i) {
    const auto start = Steady::now();
    RETURN_IF_ERROR(trainer.Step().status());
    times.push_back(std::chrono::duration<double, std::milli>(Steady::now() - start).count());
  }
  return absl::OkStatus();
}

void Print(const std::string& what, const std::vector<double>& times, double divisor, bool json) {
  if (times.empty()) return;
  const Quartiles q = QuartilesOf(times);
  if (json) {
    std::printf(
        "{\"stage\": \"training: %s\", \"ms\": %.4f, \"lower_quartile_ms\": %.4f, "
        "\"upper_quartile_ms\": %.4f}\n",
        what.c_str(), q.median / divisor, q.lower / divisor, q.upper / divisor);
  } else {
    std::printf("%-58s %10.2f   %.2f-%.2f\n", what.c_str(), q.median / divisor, q.lower / divisor,
                q.upper / divisor);
  }
}

}  // namespace

absl::Status MeasureTrainingSpeed(const TrainingSpeedOptions& o) {
  TrainerOptions options;
  options.device = o.device;
  SetTrainingThreads(o.threads);
  ThreadPool pool(o.threads - 1);
  ASSIGN_OR_RETURN(const std::unique_ptr<Trainer> exact, Trainer::Create(options, &pool));
  options.bfloat16 = true;
  ASSIGN_OR_RETURN(const std::unique_ptr<Trainer> reduced, Trainer::Create(options, &pool));
  const int crops_a_side = options.frames.size_px / options.crop_px;
  const int crops = options.frames_per_step * crops_a_side * crops_a_side;

  absl::StatusOr<std::string> python = absl::UnavailableError("not asked for");
  // PyTorch is timed on the CPU: beside a GPU it would say nothing.
  if (o.with_reference && o.device == "cpu") python = FindPython(o.python, "torch");
  const TemporaryFolder folder;
  const std::string network = folder.path() + "/network.pt";
  RETURN_IF_ERROR(exact->SaveNetwork(network));

  std::vector<double> exact_ms, reduced_ms, reference_ms, unmeasured;
  RETURN_IF_ERROR(TimeSteps(*exact, 1, unmeasured));
  RETURN_IF_ERROR(TimeSteps(*reduced, 1, unmeasured));
  for (int round = 0; round < o.rounds; ++round) {
    RETURN_IF_ERROR(TimeSteps(*exact, o.steps, exact_ms));
    RETURN_IF_ERROR(TimeSteps(*reduced, o.steps, reduced_ms));
    if (!python.ok()) continue;
    TorchReferenceRequest request{*python, network, options.crop_px, o.threads, 1};
    request.training_repeats = o.steps;
    request.training_batch = crops;
    request.training_size_px = options.crop_px;
    ASSIGN_OR_RETURN(const TorchReferenceReply reply, RunTorchReference(request));
    reference_ms.insert(reference_ms.end(), reply.training_milliseconds.begin(),
                        reply.training_milliseconds.end());
  }
  std::vector<double> draw_ms;
  for (int i = 0; i < o.steps; ++i) {
    const auto start = Steady::now();
    RETURN_IF_ERROR(DrawTrainingFrame(options.frames, options.seed, i).status());
    draw_ms.push_back(std::chrono::duration<double, std::milli>(Steady::now() - start).count());
  }

  if (!o.json) {
    std::printf("\n%-58s %10s   %s\n", "training (median)", "ms", "quartiles");
    std::printf("%d crops of %d px a step, %s, %d threads; frames are drawn meanwhile\n", crops,
                options.crop_px, o.device.c_str(), o.threads);
  }
  Print("one step, float32", exact_ms, 1, o.json);
  Print("one step, bfloat16", reduced_ms, 1, o.json);
  Print("one step, PyTorch eager, float32, nothing drawn", reference_ms, 1, o.json);
  for (const auto* times : {&exact_ms, &reduced_ms}) {
    const std::string precision = times == &exact_ms ? ", float32" : ", bfloat16";
    Print("  a frame of 256 px" + precision, *times, options.frames_per_step, o.json);
    Print("  a crop" + precision, *times, crops, o.json);
  }
  Print("drawing one frame, one thread", draw_ms, 1, o.json);
  if (!python.ok()) {
    std::fprintf(stderr, "no PyTorch eager times: %s\n",
                 std::string(python.status().message()).c_str());
  }
  return absl::OkStatus();
}

#else

absl::Status MeasureTrainingSpeed(const TrainingSpeedOptions&) {
  return absl::UnimplementedError(
      "training: this program was built without libtorch (ATOMSTREAM_BUILD_TORCH=OFF)");
}

#endif

}  // namespace atomstream::bench
