// BeamStage: the simulator's beam and what it does to the specimen: one beam, on one place at a
// time, for a dwell that ends by itself, or early when it is cancelled or blanked. Free of gRPC.
//
// A placement unblanks the beam and leaves it blanked, however it ends. The dose is that of the
// time the beam was on, given to the specimen at the end; changes of the specimen show in frames
// rendered after that. The beam stays on the place of the specimen that it was put on: within a
// dwell nothing drifts away under it.
//
// Owned by SimulatorServer; any thread may call it. Start() adds a thread that ends dwells in
// time; without it EndDue() does (tests move their clock and call it). Invariant: whoever placed
// the beam is answered exactly once, outside the lock, by the thread that ends the placement.
#ifndef ATOMSTREAM_SERVER_SIMULATOR_BEAM_STAGE_H_
#define ATOMSTREAM_SERVER_SIMULATOR_BEAM_STAGE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/simulate/beam_exposure.h"
#include "server/simulator/beam_account.h"

namespace atomstream {

// What goes wrong on purpose, by the number of the placement; 0: never. Where two are due, the
// first of them counts.
struct BeamFaults {
  // The call fails at once, and the beam stays on the place until somebody blanks it (kMaxDwellTime
  // at most).
  int64_t fail_every = 0;
  // The call is not answered until it is cancelled, and the beam stays on even then.
  int64_t hang_every = 0;
  // The dwell ends in time, the answer comes `late_by` after it.
  int64_t late_every = 0;
  absl::Duration late_by = absl::Seconds(1);
};

class BeamStage {
 public:
  // How a placement ended: OK after the whole dwell; CANCELLED; ABORTED: somebody blanked the beam;
  // UNAVAILABLE: the stage is stopped.
  using Answer = std::function<void(const absl::Status&)>;
  // Told of every change of the specimen, in order, under the stage's lock: must be quick and must
  // not call back.
  using SpecimenChanged = std::function<void(std::shared_ptr<const Specimen>)>;

  static constexpr absl::Duration kMaxDwellTime = absl::Hours(1);
  static constexpr size_t kMaxExposures = 10000;  // kept; older ones are forgotten and counted

  // `steady` times the dwells, `wall` dates them; both outlive the stage. Errors: those of
  // BeamExposure::Create.
  static absl::StatusOr<std::unique_ptr<BeamStage>> Create(const BeamOptions& options,
                                                           const BeamFaults& faults,
                                                           std::shared_ptr<const Specimen> specimen,
                                                           SpecimenChanged changed,
                                                           const Clock* steady, const Clock* wall);
  ~BeamStage();  // stops

  void Start();
  // Ends a placement, answers everybody, joins the thread. Again: no effect.
  void Stop();

  // Puts the beam on a place; the id is for Cancel. Not OK: `answer` is never called.
  // InvalidArgument: a dwell not in (0, kMaxDwellTime], a place that is not finite. Aborted: the
  // beam is on another place. Unavailable: stopped, or a fault.
  absl::StatusOr<int64_t> Place(const BeamPlacement& placement, Answer answer);
  // Ends that placement, if it is not over yet.
  void Cancel(int64_t id);

  // Blanking ends a placement. Unblanking without one shines nowhere in particular: no dose.
  void SetBlanked(bool blanked);
  bool blanked() const;

  void EndDue();  // what is over by the clock

  BeamAccount Account() const;
  // Those with a number above `after`, oldest first, at most `count`; and whether there are more.
  ExposurePage ExposuresAfter(int64_t after, int count) const;

 private:
  struct Running {
    int64_t id = 0;
    BeamPlacement placement;
    absl::Time start;    // steady
    absl::Time started;  // wall
    absl::Time due;      // steady
    Answer answer;       // null: answered
    bool stuck = false;  // only blanking ends it
    bool late = false;
  };
  struct LateAnswer {
    absl::Time due;
    Answer answer;
  };

  BeamStage(const BeamFaults& faults, BeamExposure exposure, SpecimenChanged changed,
            const Clock* steady, const Clock* wall);

  void Run();
  bool WaitUntilDue();  // false: stop
  absl::Time NextDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Blanks the beam and gives the dose. Returns whom to answer, null: nobody or not yet.
  Answer EndRunning(ExposureEnd end) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Expose(ExposureRecord& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const BeamFaults faults_;
  const SpecimenChanged changed_;
  const Clock& steady_;
  const Clock& wall_;

  mutable Mutex mutex_;
  CondVar wake_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool blanked_ ABSL_GUARDED_BY(mutex_) = false;
  BeamExposure exposure_ ABSL_GUARDED_BY(mutex_);
  std::optional<Running> running_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, LateAnswer> late_ ABSL_GUARDED_BY(mutex_);  // by placement; each an open call
  int64_t placements_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t refused_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t blankings_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<ExposureRecord> exposures_ ABSL_GUARDED_BY(mutex_);
  int64_t forgotten_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t events_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<StageAtom> gone_ ABSL_GUARDED_BY(mutex_);  // each atom at most once

  std::thread thread_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SIMULATOR_BEAM_STAGE_H_
