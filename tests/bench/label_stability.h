// Whether an atom keeps its cluster while the frame drifts.
#ifndef ATOMSTREAM_TESTS_BENCH_LABEL_STABILITY_H_
#define ATOMSTREAM_TESTS_BENCH_LABEL_STABILITY_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace atomstream::bench {

// Counts label switches of atoms that are known by ids: an atom that has a label in two frames in a
// row has a chance to switch.
class SwitchCounter {
 public:
  // One frame: the label of each atom that has one.
  void Add(const std::map<int, int>& label_of_atom);

  int chances() const { return chances_; }
  int switches() const { return switches_; }
  double Share() const { return chances_ == 0 ? 0 : static_cast<double>(switches_) / chances_; }

 private:
  std::map<int, int> last_;
  int chances_ = 0;
  int switches_ = 0;
};

struct LabelStabilityOptions {
  std::vector<double> noises = {0.2, 0.3};
  // Numbers of clusters; 0: chosen by BIC.
  std::vector<int> cluster_counts = {3, 0};
  int frames = 100;
  int size_px = 256;
  double speed_px = 1;
  double budget_ms = 50;  // of LoG*'s optimisation
  uint64_t seed = 1;
  bool json = false;
};

struct LabelRow {
  double noise = 0;
  int cluster_count = 0;  // asked for; 0: by BIC
  int clusters = 0;       // of the last frame
  int refits = 0;         // after the first fit
  int chances = 0;
  double switch_share = 0;
};

// A line if more than 0.5 % of the labels switch from one frame to the next.
std::vector<std::string> MissedAims(const LabelRow& row);

absl::Status MeasureLabelStability(const LabelStabilityOptions& options);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_LABEL_STABILITY_H_
