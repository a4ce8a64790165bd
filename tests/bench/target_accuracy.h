// Whether a target stays on its atom while the specimen drifts, and whether a beam placed on it
// hits that atom: the whole way from frames to visits, as a daemon goes it, against the known
// atoms.
#ifndef ATOMSTREAM_TESTS_BENCH_TARGET_ACCURACY_H_
#define ATOMSTREAM_TESTS_BENCH_TARGET_ACCURACY_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/bench/silicon_run.h"

namespace atomstream::bench {

struct TargetAccuracyOptions {
  std::vector<DriftPath> paths = {DriftPath::kStraight, DriftPath::kCircling,
                                  DriftPath::kWandering};
  std::vector<double> speeds_px = {5};  // a frame
  double noise = 0.3;
  int frames = 110;
  int size_px = 512;
  double silicon_fraction = 0.005;
  // What is a target: "dopant" (site kind), "cluster" (the brightest cluster of the first frame) or
  // "any" (every atom of the frame's middle, whatever it is).
  std::string criteria = "dopant";
  int patience_frames = 3;
  // Targets are visited that met the criteria in so many frames in a row (Target::frames_sure).
  int sure_frames = 2;
  double budget_ms = 50;  // of LoG*'s optimisation
  uint64_t seed = 1;
  bool json = false;
};

// Of one run.
struct TargetRow {
  DriftPath path = DriftPath::kStraight;
  double speed_px = 0;
  int frames = 0;
  int targets = 0;         // ids given
  double error_px = 0;     // distance of targets to their atoms, median
  double error_99_px = 0;  // 99 % are nearer
  double atom_sigma_px = 0;
  double drift_error_px = 0;             // largest error of a drift that was used
  int unmeasured = 0;                    // frames whose drift was not measured
  std::map<std::string, int> withdrawn;  // by reason
  int visits = 0;
  int wrong_site = 0;   // of these: the nearest atom to the beam was not the target's
  int not_silicon = 0;  // of these: the target's atom never was silicon, or there never was one
};

// The atom of `atoms` nearest to the place; -1: there is none within `reach_px`.
int NearestAtom(const std::vector<KnownAtom>& atoms, const PointPx& place, double reach_px);

// A line for each aim that the row misses: median error at most 0.3 standard deviations of an atom,
// no visit of a wrong site.
std::vector<std::string> MissedAims(const TargetRow& row);

absl::Status MeasureTargetAccuracy(const TargetAccuracyOptions& options);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_TARGET_ACCURACY_H_
