#include "core/optimize/sobol.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace atomstream {
namespace {

// A primitive polynomial over GF(2) of the given degree (inner coefficients as bits) and the first
// `degree` odd direction integers: the published values of Joe and Kuo (2008), set "D6".
struct Generator {
  int degree;
  uint32_t polynomial;
  std::array<uint32_t, 5> initial;
};

// The first coordinate is the van der Corput sequence and needs no entry.
constexpr std::array<Generator, SobolSequence::kMaxSobolDimension - 1> kGenerators = {{
    {1, 0, {1}},
    {2, 1, {1, 3}},
    {3, 1, {1, 3, 1}},
    {3, 2, {1, 1, 1}},
    {4, 1, {1, 1, 3, 3}},
    {4, 4, {1, 3, 5, 13}},
    {5, 2, {1, 1, 5, 5, 17}},
    {5, 4, {1, 1, 5, 5, 5}},
    {5, 7, {1, 1, 7, 11, 19}},
}};

template <size_t kBits>
std::array<uint32_t, kBits> Directions(int coordinate) {
  std::array<uint32_t, kBits> v{};
  const int bits = static_cast<int>(kBits);
  if (coordinate == 0) {
    for (int i = 0; i < bits; ++i) v[i] = 1u << (bits - 1 - i);
    return v;
  }
  const Generator& g = kGenerators[coordinate - 1];
  for (int i = 0; i < bits; ++i) {
    if (i < g.degree) {
      v[i] = g.initial[i] << (bits - 1 - i);
      continue;
    }
    v[i] = v[i - g.degree] ^ (v[i - g.degree] >> g.degree);
    for (int k = 1; k < g.degree; ++k) {
      if ((g.polynomial >> (g.degree - 1 - k)) & 1u) v[i] ^= v[i - k];
    }
  }
  return v;
}

}  // namespace

SobolSequence::SobolSequence(int dimension, uint64_t seed) : random_(seed) {
  assert(dimension > 0);
  const int table = std::min(dimension, kMaxSobolDimension);
  coordinates_.reserve(table);
  for (int d = 0; d < table; ++d) {
    coordinates_.push_back({Directions<kBits>(d), static_cast<uint32_t>(random_.Next() >> 32)});
  }
  extra_dimensions_ = dimension - table;
}

UnitPoint SobolSequence::Next() {
  // Gray-code order: each point differs from the last in one direction number. The shift was
  // folded into the first value.
  if (index_ != 0) {
    const int changed = std::countr_zero(index_);
    for (Coordinate& c : coordinates_) c.value ^= c.directions[changed];
  }
  ++index_;
  UnitPoint point;
  point.reserve(coordinates_.size() + extra_dimensions_);
  for (const Coordinate& c : coordinates_) point.push_back(c.value * 0x1p-32);
  for (int d = 0; d < extra_dimensions_; ++d) point.push_back(random_.NextUniform());
  return point;
}

}  // namespace atomstream
