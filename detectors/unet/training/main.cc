// atomstream-train: trains an ensemble of U-Nets on simulated frames and writes a model folder.
//
// Started again after a stop (Ctrl-C, SIGTERM) with the same flags it goes on where it was.
// Exit codes: 0 done, 1 failed, 2 bad flag, 3 stopped.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "core/base/thread_pool.h"
#include "detectors/unet/training/ensemble_training.h"

ABSL_FLAG(std::string, output, "", "model folder to write; required");
ABSL_FLAG(std::string, checkpoints, "", "folder of the checkpoints; default OUTPUT.training");
ABSL_FLAG(std::string, name, "lattice", "the model's name");
ABSL_FLAG(int, members, 3, "networks in the ensemble, 1 to 16");
ABSL_FLAG(uint64_t, seed, 1, "of the first member; each further one has the next");
ABSL_FLAG(int64_t, steps, 2000, "training steps of a member");
ABSL_FLAG(int, frames_per_step, 4, "frames of 256 x 256 px drawn for a step");
ABSL_FLAG(int, patience, 8, "validations without a gain that end a member early; 0: never");
ABSL_FLAG(std::string, device, "cpu", "cpu or cuda");
ABSL_FLAG(std::string, precision, "auto", "auto, float32 or bfloat16; auto: the faster one");
ABSL_FLAG(int, threads, 0, "of the training step; 0: as many as torch finds cores");

namespace atomstream {
namespace {

volatile sig_atomic_t stop_asked = 0;

void AskToStop(int) { stop_asked = 1; }

// One line that is written over on a terminal; elsewhere a line for each validation.
class ProgressBar {
 public:
  explicit ProgressBar(int members) : members_(members), terminal_(isatty(STDERR_FILENO) != 0) {}

  void Show(int member, const TrainingProgress& p) {
    if (!terminal_ && !p.validated) return;
    constexpr int kWidth = 24;
    const int done = static_cast<int>(kWidth * p.step / std::max<int64_t>(1, p.steps));
    const std::string bar = std::string(done, '#') + std::string(kWidth - done, '.');
    std::fputs(absl::StrFormat("%smember %d/%d [%s] %d/%d  loss %.4f  F1 %.4f (best %.4f)  %s%s",
                               terminal_ ? "\r\033[K" : "", member + 1, members_, bar, p.step,
                               p.steps, p.loss, p.validation_f1, p.best_f1,
                               absl::FormatDuration(absl::Trunc(p.elapsed, absl::Seconds(1))),
                               terminal_ ? "" : "\n")
                   .c_str(),
               stderr);
  }

  void Say(const std::string& text) {
    std::fprintf(stderr, "%s%s\n", terminal_ ? "\r\033[K" : "", text.c_str());
  }

 private:
  const int members_;
  const bool terminal_;
};

int Fail(const absl::Status& why, int exit_code) {
  std::fprintf(stderr, "atomstream-train: %s\n", std::string(why.message()).c_str());
  return exit_code;
}

absl::StatusOr<EnsembleTrainingOptions> OptionsOfFlags() {
  EnsembleTrainingOptions options;
  options.folder = absl::GetFlag(FLAGS_output);
  if (options.folder.empty()) return absl::InvalidArgumentError("--output: is required");
  options.work_folder = absl::GetFlag(FLAGS_checkpoints);
  if (options.work_folder.empty()) options.work_folder = options.folder + ".training";
  options.name = absl::GetFlag(FLAGS_name);
  options.members = absl::GetFlag(FLAGS_members);
  if (options.members < 1 || options.members > 16) {
    return absl::InvalidArgumentError(
        absl::StrCat("--members = ", options.members, ": must be in [1, 16]"));
  }
  options.member.patience = absl::GetFlag(FLAGS_patience);
  TrainerOptions& trainer = options.member.trainer;
  trainer.seed = absl::GetFlag(FLAGS_seed);
  trainer.steps = absl::GetFlag(FLAGS_steps);
  trainer.frames_per_step = absl::GetFlag(FLAGS_frames_per_step);
  trainer.device = absl::GetFlag(FLAGS_device);
  const std::string precision = absl::GetFlag(FLAGS_precision);
  if (precision != "auto" && precision != "float32" && precision != "bfloat16") {
    return absl::InvalidArgumentError(
        absl::StrCat("--precision = ", precision, ": must be auto, float32 or bfloat16"));
  }
  trainer.bfloat16 = precision == "bfloat16";
  options.command = absl::StrCat(
      "atomstream-train --name=", options.name, " --members=", options.members,
      " --seed=", trainer.seed, " --steps=", trainer.steps,
      " --frames_per_step=", trainer.frames_per_step, " --patience=", options.member.patience);
  return options;
}

int Main() {
  absl::StatusOr<EnsembleTrainingOptions> options = OptionsOfFlags();
  if (!options.ok()) return Fail(options.status(), 2);
  TrainerOptions& trainer = options->member.trainer;
  if (absl::GetFlag(FLAGS_threads) > 0) SetTrainingThreads(absl::GetFlag(FLAGS_threads));
  cv::setNumThreads(1);
  if (absl::GetFlag(FLAGS_precision) == "auto" && trainer.device == "cpu") {
    trainer.bfloat16 = Bfloat16Gains(trainer.shape, trainer.device);
  }
  struct sigaction action = {};
  action.sa_handler = AskToStop;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);

  ThreadPool pool(1);
  const SteadyClock clock;
  ProgressBar bar(options->members);
  bar.Say(absl::StrCat(trainer.shape.Name(), ", ", CountParameters(BuildUnet(trainer.shape, 1)),
                       " parameters, ", trainer.bfloat16 ? "bfloat16" : "float32", " on ",
                       trainer.device));
  const auto rows = TrainEnsemble(
      *options, &pool, clock,
      {.stop_asked = [] { return stop_asked != 0; },
       .progress = [&](int member, const TrainingProgress& p) { bar.Show(member, p); },
       .say = [&](const std::string& text) { bar.Say(text); }});
  if (absl::IsCancelled(rows.status())) return Fail(rows.status(), 3);
  if (!rows.ok()) return Fail(rows.status(), 1);
  std::printf("%-9s %6s %5s %9s %6s %6s\n", "material", "nm/px", "noise", "precision", "recall",
              "F1");
  for (const ValidationRow& r : *rows) {
    std::printf("%-9s %6.3f %5.2f %9.4f %6.4f %6.4f\n", r.material.c_str(), r.pixel_size_nm,
                r.noise, r.precision, r.recall, r.f1);
  }
  return 0;
}

}  // namespace
}  // namespace atomstream

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "trains an ensemble of U-Nets on simulated frames and writes a model folder");
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) {
    std::fprintf(stderr, "atomstream-train: unexpected argument '%s'\n", rest[1]);
    return 2;
  }
  return atomstream::Main();
}
