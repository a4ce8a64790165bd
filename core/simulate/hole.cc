#include "core/simulate/hole.h"

#include <cmath>
#include <numbers>

namespace atomstream {

Hole::Hole(double area_nm2, double irregularity, Random& random) : area_nm2_(area_nm2) {
  // Higher harmonics are weaker, and all amplitudes together stay within `irregularity`.
  double weight_sum = 0;
  for (int k = 0; k < kHarmonics; ++k) weight_sum += 1.0 / (k + 1);
  double squares = 0;
  for (int k = 0; k < kHarmonics; ++k) {
    const double amplitude = irregularity / (k + 1) / weight_sum;
    const double phase = random.Uniform(0, 2 * std::numbers::pi);
    cosine_[k] = amplitude * std::cos(phase);
    sine_[k] = amplitude * std::sin(phase);
    squares += amplitude * amplitude;
  }
  r0_nm_ = std::sqrt(area_nm2 / (std::numbers::pi * (1 + squares / 2)));
  max_radius_nm_ = r0_nm_ * (1 + irregularity);
  min_radius_nm_ = r0_nm_ * (1 - irregularity);
}

double Hole::DepthNm(double x_nm, double y_nm) const {
  const double dx = x_nm - centre_nm_.x;
  const double dy = y_nm - centre_nm_.y;
  const double distance = std::hypot(dx, dy);
  if (distance == 0) return r0_nm_;
  // cos and sin of multiples of the angle by repeated rotation, without trigonometry.
  const double c1 = dx / distance;
  const double s1 = dy / distance;
  double c = c1;
  double s = s1;
  double shape = 1;
  for (int k = 0; k < kHarmonics; ++k) {
    const double next_c = c * c1 - s * s1;
    s = s * c1 + c * s1;
    c = next_c;
    shape += cosine_[k] * c + sine_[k] * s;
  }
  return r0_nm_ * shape - distance;
}

}  // namespace atomstream
