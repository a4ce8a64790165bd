// Contamination: the slow background that hydrocarbon dirt adds to a frame. A smooth field fixed to
// the specimen: a few long waves, scaled to [0, 1] over the specimen. Immutable; any thread.
#ifndef ATOMSTREAM_CORE_SIMULATE_CONTAMINATION_H_
#define ATOMSTREAM_CORE_SIMULATE_CONTAMINATION_H_

#include <vector>

#include "core/image/frame.h"
#include "core/lattice/material.h"
#include "core/simulate/random.h"

namespace atomstream {

class Contamination {
 public:
  // No contamination: 0 everywhere.
  Contamination() = default;

  // Waves not shorter than `shortest_wave_nm`, with random directions and phases, over a specimen
  // of the given half sides. `amplitude` is the difference between the field's extremes there.
  Contamination(double amplitude, double shortest_wave_nm, Vector2 half_size_nm, Random& random);

  bool empty() const { return waves_.empty(); }
  double At(double x_nm, double y_nm) const;
  // Adds the field to a raster whose pixel (column, row) lies at first + step_nm (column, row).
  void AddTo(Vector2 first_nm, double step_nm, Image& image) const;

 private:
  struct Wave {
    double kx, ky, phase, amplitude;
  };
  double offset_ = 0;
  std::vector<Wave> waves_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_SIMULATE_CONTAMINATION_H_
