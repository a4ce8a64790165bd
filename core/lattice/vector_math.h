// Two-dimensional vector arithmetic for the lattice code, and the sub-step top of a sampled
// maximum.
#ifndef ATOMSTREAM_CORE_LATTICE_VECTOR_MATH_H_
#define ATOMSTREAM_CORE_LATTICE_VECTOR_MATH_H_

#include <algorithm>
#include <array>
#include <cmath>

#include "core/lattice/material.h"

namespace atomstream {

inline Vector2 operator+(const Vector2& a, const Vector2& b) { return {a.x + b.x, a.y + b.y}; }
inline Vector2 operator-(const Vector2& a, const Vector2& b) { return {a.x - b.x, a.y - b.y}; }
inline Vector2 operator*(double s, const Vector2& a) { return {s * a.x, s * a.y}; }
inline double Dot(const Vector2& a, const Vector2& b) { return a.x * b.x + a.y * b.y; }
inline double Cross(const Vector2& a, const Vector2& b) { return a.x * b.y - a.y * b.x; }
// Not std::hypot: its care for overflow costs more than all else that a pose search does.
inline double Length(const Vector2& a) { return std::sqrt(a.x * a.x + a.y * a.y); }
inline Vector2 Rotated(const Vector2& a, double angle) {
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  return {c * a.x - s * a.y, s * a.x + c * a.y};
}

// The basis b with Dot(a_i, b_j) = 1 if i = j, else 0: reciprocal vectors in cycles per unit
// length. The dual of the dual is the basis itself.
inline std::array<Vector2, 2> DualBasis(const std::array<Vector2, 2>& a) {
  const double area = Cross(a[0], a[1]);
  return {Vector2{a[1].y / area, -a[1].x / area}, Vector2{-a[0].y / area, a[0].x / area}};
}

// Offset, in steps, of the top of a parabola through three equally spaced values; in [-0.5, 0.5].
inline double ParabolaTop(double left, double centre, double right) {
  const double curvature = left - 2 * centre + right;
  return curvature < 0 ? std::clamp(0.5 * (left - right) / curvature, -0.5, 0.5) : 0.0;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_LATTICE_VECTOR_MATH_H_
