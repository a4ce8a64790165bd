// EnsembleTraining: from nothing to a model folder: trains every member, scores the ensemble
// on held-out frames, writes the folder, loads it as the daemon does and adds the validation table.
// Each part that is finished is not done again when the program is started anew. Used by one
// thread.
#ifndef ATOMSTREAM_DETECTORS_UNET_TRAINING_ENSEMBLE_TRAINING_H_
#define ATOMSTREAM_DETECTORS_UNET_TRAINING_ENSEMBLE_TRAINING_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/base/executor.h"
#include "detectors/unet/training/member_training.h"
#include "detectors/unet/training/model_folder.h"

namespace atomstream {

struct EnsembleTrainingOptions {
  std::string name = "lattice";
  std::string folder;       // of the model
  std::string work_folder;  // of the checkpoints; not inside `folder`
  int members = 3;          // member m has the seed member.trainer.seed + m
  int held_out_frames = 24;
  int validation_seeds = 3;
  MemberTrainingOptions member;
  std::string command;  // for the manifest: how this was started
};

// Told to the caller as it happens. Null functions are not called.
struct EnsembleTrainingEvents {
  std::function<bool()> stop_asked;  // required
  std::function<void(int member, const TrainingProgress&)> progress;
  std::function<void(const std::string&)> say;
};

// The validation table. CANCELLED: stopped; starting again goes on from there. FailedPrecondition,
// before anything is trained: `folder` must not be replaced (CheckReplaceable).
absl::StatusOr<std::vector<ValidationRow>> TrainEnsemble(const EnsembleTrainingOptions& options,
                                                         Executor* executor, const Clock& clock,
                                                         const EnsembleTrainingEvents& events);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_TRAINING_ENSEMBLE_TRAINING_H_
