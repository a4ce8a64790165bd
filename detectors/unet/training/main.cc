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

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "core/base/flag_set.h"
#include "core/base/status_macros.h"
#include "core/base/thread_pool.h"
#include "detectors/unet/training/ensemble_training.h"

namespace atomstream {
namespace {

volatile sig_atomic_t stop_asked = 0;

void AskToStop(int) { stop_asked = 1; }

// One line that is written over on a terminal; elsewhere a line for each validation.
class ProgressBar {
 public:
  explicit ProgressBar(int members) : members_(members), terminal_(isatty(STDERR_FILENO) != 0) {}

  void Show(int member, const TrainingProgress& p) {
    if (member != member_ && p.step > 1) {
      Say(absl::StrCat("member ", member, " goes on after step ", p.step - 1));
    }
    member_ = member;
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
  int member_ = -1;  // that was shown last
};

int Fail(const absl::Status& why, int exit_code) {
  std::fprintf(stderr, "atomstream-train: %s\n", std::string(why.message()).c_str());
  return exit_code;
}

struct Flags {
  std::string output;
  std::string checkpoints;
  std::string name = "lattice";
  int members = 3;
  int64_t seed = 1;
  int64_t steps = 2000;
  int frames_per_step = 4;
  int patience = 8;
  std::string device = "cpu";
  std::string precision = "auto";
  int threads = 0;
};

FlagSet FlagSetOf(Flags& flags) {
  FlagSet set(
      "atomstream-train --output=FOLDER [flags]: trains an ensemble of U-Nets on simulated\n"
      "frames and writes a model folder. Started again after a stop (Ctrl-C, SIGTERM) with the\n"
      "same flags it goes on where it was.\n"
      "Exit codes: 0 done, 1 failed, 2 bad flag, 3 stopped.");
  set.Add("output", &flags.output, "model folder to write; required");
  set.Add("checkpoints", &flags.checkpoints, "folder of the checkpoints; empty: OUTPUT.training");
  set.Add("name", &flags.name, "the model's name");
  set.Add("members", &flags.members, "networks in the ensemble, 1 to 16");
  set.Add("seed", &flags.seed, "of the first member; each further one has the next");
  set.Add("steps", &flags.steps, "training steps of a member");
  set.Add("frames_per_step", &flags.frames_per_step, "frames of 256 x 256 px drawn for a step");
  set.Add("patience", &flags.patience,
          "validations without a gain that end a member early; 0: never");
  set.Add("device", &flags.device, "cpu or cuda");
  set.Add("precision", &flags.precision, "auto, float32 or bfloat16; auto: the faster one");
  set.Add("threads", &flags.threads, "of the training step; 0: as many as torch finds cores");
  return set;
}

absl::Status RequireAtLeast(absl::string_view name, int64_t value, int64_t least) {
  if (value >= least) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--", name, " = ", value, ": must be at least ", least));
}

absl::Status RequireOneOf(absl::string_view name, const std::string& value,
                          const std::vector<std::string>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--", name, " = \"", value, "\": must be one of ",
                                                 absl::StrJoin(allowed, ", ")));
}

absl::StatusOr<EnsembleTrainingOptions> OptionsOf(const Flags& flags) {
  EnsembleTrainingOptions options;
  options.folder = flags.output;
  // "folder/" is "folder": the checkpoints are to lie beside it.
  while (options.folder.size() > 1 && options.folder.back() == '/') options.folder.pop_back();
  if (options.folder.empty()) return absl::InvalidArgumentError("--output: is required");
  options.work_folder = flags.checkpoints;
  if (options.work_folder.empty()) options.work_folder = options.folder + ".training";
  options.name = flags.name;
  options.members = flags.members;
  if (options.members < 1 || options.members > 16) {
    return absl::InvalidArgumentError(
        absl::StrCat("--members = ", options.members, ": must be in [1, 16]"));
  }
  RETURN_IF_ERROR(RequireAtLeast("seed", flags.seed, 0));
  RETURN_IF_ERROR(RequireAtLeast("steps", flags.steps, 1));
  RETURN_IF_ERROR(RequireAtLeast("frames_per_step", flags.frames_per_step, 1));
  RETURN_IF_ERROR(RequireAtLeast("patience", flags.patience, 0));
  RETURN_IF_ERROR(RequireAtLeast("threads", flags.threads, 0));
  RETURN_IF_ERROR(RequireOneOf("device", flags.device, {"cpu", "cuda"}));
  RETURN_IF_ERROR(RequireOneOf("precision", flags.precision, {"auto", "float32", "bfloat16"}));
  options.member.patience = flags.patience;
  TrainerOptions& trainer = options.member.trainer;
  trainer.seed = static_cast<uint64_t>(flags.seed);
  trainer.steps = flags.steps;
  trainer.frames_per_step = flags.frames_per_step;
  trainer.device = flags.device;
  trainer.bfloat16 = flags.precision == "bfloat16";
  options.command = absl::StrCat(
      "atomstream-train --name=", options.name, " --members=", options.members,
      " --seed=", trainer.seed, " --steps=", trainer.steps,
      " --frames_per_step=", trainer.frames_per_step, " --patience=", options.member.patience);
  return options;
}

int Main(const std::vector<std::string>& arguments) {
  Flags flags;
  FlagSet flag_set = FlagSetOf(flags);
  const absl::StatusOr<std::vector<std::string>> rest = flag_set.Parse(arguments);
  if (!rest.ok()) return Fail(rest.status(), 2);
  if (flag_set.help_requested()) {
    std::fputs(flag_set.Help().c_str(), stdout);
    return 0;
  }
  if (!rest->empty()) {
    return Fail(absl::InvalidArgumentError(absl::StrCat("unexpected argument '", (*rest)[0], "'")),
                2);
  }
  absl::StatusOr<EnsembleTrainingOptions> options = OptionsOf(flags);
  if (!options.ok()) return Fail(options.status(), 2);
  TrainerOptions& trainer = options->member.trainer;
  if (flags.threads > 0) SetTrainingThreads(flags.threads);
  cv::setNumThreads(1);
  if (flags.precision == "auto" && trainer.device == "cpu") {
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

int main(int argc, char** argv) { return atomstream::Main({argv + 1, argv + argc}); }
