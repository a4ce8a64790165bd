// Hole: a region of vacuum in a specimen, with a wavy outline and an exactly known area.
// Immutable after construction; any thread may call it.
#ifndef ATOMSTREAM_CORE_SIMULATE_HOLE_H_
#define ATOMSTREAM_CORE_SIMULATE_HOLE_H_

#include <array>

#include "core/lattice/material.h"
#include "core/simulate/random.h"

namespace atomstream {

// The outline in polar coordinates around the centre is
// r(angle) = r0 (1 + sum over k of a_k cos(k angle) + b_k sin(k angle)), k = 2 … kHarmonics + 1,
// always > 0. Its area is pi r0^2 (1 + sum (a_k^2 + b_k^2) / 2), which fixes r0.
class Hole {
 public:
  static constexpr int kHarmonics = 4;

  // `irregularity` in [0, 0.5] bounds how far the radius leaves r0, as a share of r0.
  Hole(double area_nm2, double irregularity, Random& random);

  void MoveTo(Vector2 centre_nm) { centre_nm_ = centre_nm; }
  Vector2 centre_nm() const { return centre_nm_; }
  double area_nm2() const { return area_nm2_; }
  double max_radius_nm() const { return max_radius_nm_; }  // bounds r(angle) from above
  double min_radius_nm() const { return min_radius_nm_; }  // bounds r(angle) from below

  // How deep the point lies in the hole, along the ray from the centre; negative outside.
  double DepthNm(double x_nm, double y_nm) const;
  bool Contains(double x_nm, double y_nm) const { return DepthNm(x_nm, y_nm) > 0; }

 private:
  Vector2 centre_nm_;
  double area_nm2_;
  double r0_nm_;
  double max_radius_nm_;
  double min_radius_nm_;
  std::array<double, kHarmonics> cosine_{};
  std::array<double, kHarmonics> sine_{};
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_SIMULATE_HOLE_H_
