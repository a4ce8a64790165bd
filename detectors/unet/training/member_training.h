// MemberTraining: the whole training of one member of an ensemble: steps, validation on held-out
// frames, checkpoints, early stop. Resumes from its checkpoint. Used by one thread.
#ifndef ATOMSTREAM_DETECTORS_UNET_TRAINING_MEMBER_TRAINING_H_
#define ATOMSTREAM_DETECTORS_UNET_TRAINING_MEMBER_TRAINING_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/executor.h"
#include "detectors/unet/training/held_out.h"
#include "detectors/unet/training/trainer.h"

namespace atomstream {

struct MemberTrainingOptions {
  TrainerOptions trainer;
  int64_t steps_between_validations = 200;  // a checkpoint is written at each
  // Ends early after this many validations in a row without a better F1; 0: never.
  int patience = 8;
};

struct TrainingProgress {
  int64_t step = 0, steps = 0;
  double loss = 0;           // mean since the last validation
  double validation_f1 = 0;  // of the last validation; 0 before the first
  double best_f1 = 0;
  absl::Duration elapsed;  // of this run
  bool validated = false;  // this report follows a validation
};

struct MemberReport {
  int64_t steps = 0;
  double best_f1 = 0;
  int64_t best_step = 0;
  bool stopped_early = false;
};

// Trains to the end and leaves the network of the best validation in `path` + ".best.pt"; the
// checkpoint lies beside it. `report` is called after every step. When `stop_asked` turns true, a
// checkpoint is written and CANCELLED returned. InvalidArgument names an option out of range.
absl::StatusOr<MemberReport> TrainMember(
    const MemberTrainingOptions& options, const HeldOutFrames& held_out, const std::string& path,
    Executor* executor, const Clock& clock, const std::function<bool()>& stop_asked,
    const std::function<void(const TrainingProgress&)>& report);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_TRAINING_MEMBER_TRAINING_H_
