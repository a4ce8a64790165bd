// SiliconRun: frames of one simulated sheet of graphene with silicon in it, in which every atom is
// known by an id that stays the same however the sheet drifts. Immutable; any thread may ask for
// any frame, in any order.
#ifndef ATOMSTREAM_TESTS_BENCH_SILICON_RUN_H_
#define ATOMSTREAM_TESTS_BENCH_SILICON_RUN_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/image/frame.h"
#include "core/simulate/specimen.h"

namespace atomstream::bench {

// How the sheet moves in the frame.
enum class DriftPath {
  kStraight,   // the same step in every frame
  kCircling,   // steps of one length that turn by a sixtieth of a circle a frame
  kWandering,  // each step differs from the last one at random, by 0.3 px along x and along y
};

// "straight", "circling", "wandering".
absl::StatusOr<DriftPath> ParseDriftPath(const std::string& name);
absl::string_view DriftPathName(DriftPath path);

// Where the sheet's centre lies in each frame against frame 0. No step is longer than `speed_px`,
// straight and circling ones are just as long.
std::vector<PointPx> MakeDriftPath(DriftPath path, double speed_px, int frames, uint64_t seed);

struct SiliconRunOptions {
  int frames = 1;
  int size_px = 512;
  double pixel_size_nm = 0.02;
  double noise = 0;  // standard deviation on the noise-free frame scaled to [0, 1]
  double silicon_fraction = 0.005;
  double vacancy_fraction = 0.01;
  double hole_fraction = 0;
  DriftPath path = DriftPath::kStraight;
  double speed_px = 0;  // of the drift, a frame
  uint64_t seed = 1;    // of sheet, orientation, direction of drift and noise
};

struct KnownAtom {
  int id = 0;  // of the atom, in all frames of the run
  PointPx place;
  bool silicon = false;
};

struct SiliconFrame {
  std::shared_ptr<const Frame> frame;  // its metadata hold no truth
  std::vector<KnownAtom> atoms;        // those in the frame

  std::vector<PointPx> Places() const;
};

class SiliconRun {
 public:
  // The sheet is large enough for the whole path. Errors: those of BuildSpecimen.
  static absl::StatusOr<SiliconRun> Create(const SiliconRunOptions& options);

  // `index` in [0, frames). Errors: those of RenderFrame.
  absl::StatusOr<SiliconFrame> At(int index) const;

  // What a perfect drift estimate between frame `index` - 1 and this one says; `index` >= 1.
  PointPx StepInto(int index) const {
    return {path_[index].x_px - path_[index - 1].x_px, path_[index].y_px - path_[index - 1].y_px};
  }

  double d_nn_px() const;
  double atom_sigma_px() const;  // of an atom in the frame

 private:
  SiliconRun(const SiliconRunOptions& options, Specimen specimen, std::vector<PointPx> path);

  SiliconRunOptions options_;
  Specimen specimen_;
  std::vector<PointPx> path_;
};

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_SILICON_RUN_H_
