// SobolSequence: points that fill the unit cube more evenly than random ones, with a digital shift
// drawn from a seed, so that different seeds give different but equally even sets.
// Not thread-safe; one owner, cheap to make.
//
// Invariant: for every k, the first 2^k points put exactly one point in each interval
// [i / 2^k, (i + 1) / 2^k) of each of the first kMaxSobolDimension coordinates. Coordinates beyond
// these are pseudo-random.
#ifndef ATOMSTREAM_CORE_OPTIMIZE_SOBOL_H_
#define ATOMSTREAM_CORE_OPTIMIZE_SOBOL_H_

#include <array>
#include <cstdint>
#include <vector>

#include "core/optimize/problem.h"

namespace atomstream {

// SplitMix64: a small, fast generator of 64 independent bits a step. Deterministic on every
// platform, which the distributions of <random> are not.
class SplitMix64 {
 public:
  // The state moves by this a step: the generator of seed + n * kStep is n steps ahead.
  static constexpr uint64_t kStep = 0x9e3779b97f4a7c15u;

  explicit SplitMix64(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += kStep);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  double NextUniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }  // [0, 1)

 private:
  uint64_t state_;
};

class SobolSequence {
 public:
  static constexpr int kMaxSobolDimension = 10;

  SobolSequence(int dimension, uint64_t seed);  // dimension > 0

  UnitPoint Next();

 private:
  static constexpr int kBits = 32;  // 2^32 points before the sequence repeats

  struct Coordinate {
    std::array<uint32_t, kBits> directions;
    uint32_t value;  // of the current point, shift included
  };

  std::vector<Coordinate> coordinates_;
  int extra_dimensions_ = 0;
  SplitMix64 random_;
  uint32_t index_ = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_OPTIMIZE_SOBOL_H_
