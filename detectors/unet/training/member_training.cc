#include "detectors/unet/training/member_training.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

// What must survive a stop besides the trainer's checkpoint: a line of text beside it.
struct Best {
  double f1 = 0;
  int64_t step = 0;
  int validations_without_gain = 0;
};

// Replaces the file in one step: half a line would keep the training from going on.
absl::Status Save(const Best& best, const std::string& path) {
  const std::string part = path + ".part";
  std::ofstream file(part);
  file.precision(17);
  file << best.f1 << ' ' << best.step << ' ' << best.validations_without_gain << '\n';
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(part, path, error);
  if (file && !error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(path, ": cannot be written"));
}

absl::StatusOr<Best> LoadBest(const std::string& path) {
  Best best;
  std::ifstream file(path);
  if (file >> best.f1 >> best.step >> best.validations_without_gain) return best;
  return absl::DataLossError(absl::StrCat(path, ": is not the record of a best validation"));
}

}  // namespace

absl::StatusOr<MemberReport> TrainMember(
    const MemberTrainingOptions& options, const HeldOutFrames& held_out, const std::string& path,
    Executor* executor, const Clock& clock, const std::function<bool()>& stop_asked,
    const std::function<void(const TrainingProgress&)>& report) {
  if (options.patience < 0) {  // no step would be made, and a network that knows nothing written
    return absl::InvalidArgumentError(
        absl::StrCat("patience = ", options.patience, ": must be 0 or more"));
  }
  if (options.steps_between_validations < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "steps_between_validations = ", options.steps_between_validations, ": must be at least 1"));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<Trainer> trainer,
                   Trainer::Create(options.trainer, executor));
  const std::string best_path = path + ".best";
  Best best;
  const absl::Status resumed = trainer->LoadCheckpoint(path);
  if (!resumed.ok() && !absl::IsNotFound(resumed)) return resumed;
  if (resumed.ok() && std::filesystem::exists(best_path)) {
    ASSIGN_OR_RETURN(best, LoadBest(best_path));
  }

  TrainingProgress progress;
  progress.steps = options.trainer.steps;
  progress.best_f1 = best.f1;
  const absl::Time start = clock.Now();
  double loss_sum = 0;
  int64_t losses = 0;
  const auto gained_lately = [&] {
    return options.patience == 0 || best.validations_without_gain < options.patience;
  };
  const auto validate = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<Image> maps, trainer->Predict(held_out.inputs()));
    ASSIGN_OR_RETURN(progress.validation_f1, held_out.MeanF1(maps, 0));
    ++best.validations_without_gain;
    // The first network is kept whatever it finds, so that there always is one.
    if (best.step == 0 || progress.validation_f1 > best.f1) {
      best = {progress.validation_f1, trainer->steps_done(), 0};
      RETURN_IF_ERROR(trainer->SaveNetwork(best_path + ".pt"));
    }
    progress.best_f1 = best.f1;
    RETURN_IF_ERROR(trainer->SaveCheckpoint(path));
    return Save(best, best_path);
  };
  while (trainer->steps_done() < options.trainer.steps && gained_lately()) {
    if (stop_asked()) {
      RETURN_IF_ERROR(trainer->SaveCheckpoint(path));
      return absl::CancelledError(absl::StrCat("stopped after step ", trainer->steps_done()));
    }
    ASSIGN_OR_RETURN(const double loss, trainer->Step());
    loss_sum += loss;
    ++losses;
    progress.step = trainer->steps_done();
    progress.loss = loss_sum / static_cast<double>(losses);
    progress.elapsed = clock.Now() - start;
    progress.validated = progress.step % options.steps_between_validations == 0 ||
                         progress.step == options.trainer.steps;
    if (progress.validated) {
      RETURN_IF_ERROR(validate());
      loss_sum = 0;
      losses = 0;
    }
    report(progress);
  }
  if (best.step == 0) RETURN_IF_ERROR(validate());  // a checkpoint of the end, never validated
  MemberReport member;
  member.steps = trainer->steps_done();
  member.best_f1 = best.f1;
  member.best_step = best.step;
  member.stopped_early = member.steps < options.trainer.steps;
  return member;
}

}  // namespace atomstream
