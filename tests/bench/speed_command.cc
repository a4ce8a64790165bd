#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "tests/bench/commands.h"
#include "tests/bench/flags.h"
#include "tests/bench/log_star_speed.h"
#include "tests/bench/training_speed.h"
#include "tests/bench/unet_speed.h"

namespace atomstream::bench {

absl::Status RunSpeed(const Arguments& arguments) {
  Flags flags(arguments, {"no-reference"});
  const std::vector<std::string> parts = flags.TextList("parts", "log_star");
  LogStarSpeedOptions log_star;
  log_star.material = flags.Text("material", "graphene");
  log_star.noise = flags.Number("noise", 0.3);
  log_star.repeats = flags.Integer("repeats", 9);
  log_star.budget_ms = flags.Number("budget-ms", log_star.budget_ms);
  log_star.with_reference = !flags.Switch("no-reference");
  log_star.reference.python = flags.Text("python", "");
  log_star.reference.evaluations = flags.Integer("reference-evaluations", 20);
  log_star.reference.hypervolume_evaluations = flags.Integer("hypervolume-evaluations", 60);
  log_star.log_star.optimizer = flags.Text("optimizer", log_star.log_star.optimizer);
  log_star.json = flags.Choice("format", {"text", "json"}, "text") == "json";

  UnetSpeedOptions unet;
  unet.serving = ReadUnetFlags(flags);
  unet.repeats = log_star.repeats;
  unet.rounds = flags.Integer("rounds", unet.rounds);
  unet.with_reference = log_star.with_reference;
  unet.python = log_star.reference.python;
  unet.json = log_star.json;
  TrainingSpeedOptions training;
  training.steps = flags.Integer("steps", training.steps);
  training.device = unet.serving.device == "cuda" ? "cuda" : "cpu";
  training.threads = unet.serving.threads;
  training.rounds = unet.rounds;
  training.with_reference = log_star.with_reference;
  training.python = log_star.reference.python;
  training.json = log_star.json;
  RETURN_IF_ERROR(flags.Finish(0));
  for (const std::string& part : parts) {
    if (part != "log_star" && part != "unet" && part != "training") {
      return absl::InvalidArgumentError(
          absl::StrCat("--parts: \"", part, "\" is none of log_star, unet, training"));
    }
  }
  if (log_star.repeats < 1) return absl::InvalidArgumentError("--repeats: must be at least 1");
  if (unet.rounds < 1) return absl::InvalidArgumentError("--rounds: must be at least 1");
  if (training.threads < 1) return absl::InvalidArgumentError("--threads: must be at least 1");
  if (training.steps < 1) return absl::InvalidArgumentError("--steps: must be at least 1");
  if (log_star.reference.evaluations < 1 || log_star.reference.hypervolume_evaluations < 1) {
    return absl::InvalidArgumentError(
        "--reference-evaluations and --hypervolume-evaluations: must be at least 1");
  }
  const auto wanted = [&](const char* part) {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  };
  if (wanted("log_star")) RETURN_IF_ERROR(MeasureLogStarSpeed(log_star));
  if (wanted("unet")) RETURN_IF_ERROR(MeasureUnetSpeed(unet));
  if (wanted("training")) RETURN_IF_ERROR(MeasureTrainingSpeed(training));
  return absl::OkStatus();
}

}  // namespace atomstream::bench
