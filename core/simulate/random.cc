#include "core/simulate/random.h"

#include <array>
#include <cmath>

namespace atomstream {
namespace {

uint64_t RotateLeft(uint64_t value, int shift) {
  return (value << shift) | (value >> (64 - shift));
}

// The mixing step of splitmix64: every input bit reaches every output bit.
uint64_t Mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

constexpr uint64_t kGoldenGamma = 0x9e3779b97f4a7c15ULL;

// Ziggurat of 256 layers of equal area under exp(-x^2 / 2). Layer i spans x[i] (its right edge)
// down to x[i + 1]; layer 0 is the base, with the tail beyond kTailStart.
struct Ziggurat {
  static constexpr int kLayers = 256;
  static constexpr double kTailStart = 3.6541528853610088;
  static constexpr double kLayerArea = 0.00492867323399;

  std::array<double, kLayers + 1> x;
  std::array<double, kLayers + 1> y;

  Ziggurat() {
    const auto density = [](double at) { return std::exp(-0.5 * at * at); };
    // The base layer is as wide as a rectangle of its area and of the height at kTailStart.
    x[0] = kLayerArea / density(kTailStart);
    y[0] = 0;
    x[1] = kTailStart;
    y[1] = density(kTailStart);
    for (int i = 2; i < kLayers; ++i) {
      y[i] = y[i - 1] + kLayerArea / x[i - 1];
      x[i] = std::sqrt(-2 * std::log(y[i]));
    }
    x[kLayers] = 0;
    y[kLayers] = 1;
  }
};

const Ziggurat& Layers() {
  static const Ziggurat ziggurat;
  return ziggurat;
}

}  // namespace

uint64_t DeriveSeed(uint64_t seed, uint64_t stream) {
  return Mix(Mix(seed + kGoldenGamma) + kGoldenGamma * (stream + 1));
}

Random::Random(uint64_t seed) {
  for (uint64_t& word : state_) {
    seed += kGoldenGamma;
    word = Mix(seed);
  }
}

uint64_t Random::Bits() {
  const uint64_t result = RotateLeft(state_[0] + state_[3], 23) + state_[0];
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = RotateLeft(state_[3], 45);
  return result;
}

double Random::Uniform() { return static_cast<double>(Bits() >> 11) * 0x1.0p-53; }

double Random::Uniform(double low, double high) { return low + (high - low) * Uniform(); }

int Random::Index(int count) {
  // Multiply-shift: the bias is below count / 2^32.
  return static_cast<int>(((Bits() >> 32) * static_cast<uint64_t>(count)) >> 32);
}

double Random::Normal() {
  const Ziggurat& z = Layers();
  while (true) {
    const uint64_t bits = Bits();
    const int layer = static_cast<int>(bits & 0xff);
    const bool negative = (bits & 0x100) != 0;
    const double at = static_cast<double>(bits >> 11) * 0x1.0p-53 * z.x[layer];
    if (at < z.x[layer + 1]) return negative ? -at : at;
    if (layer == 0) return NormalTail(negative);
    const double height = z.y[layer] + (z.y[layer + 1] - z.y[layer]) * Uniform();
    if (height < std::exp(-0.5 * at * at)) return negative ? -at : at;
  }
}

double Random::NormalTail(bool negative) {
  while (true) {
    const double beyond = -std::log(1 - Uniform()) / Ziggurat::kTailStart;
    const double accept = -std::log(1 - Uniform());
    if (2 * accept > beyond * beyond) {
      const double at = Ziggurat::kTailStart + beyond;
      return negative ? -at : at;
    }
  }
}

double Random::Poisson(double mean) {
  if (!(mean > 0)) return 0;
  if (mean < 10) {
    // Inversion: walk up the cumulative distribution.
    double probability = std::exp(-mean);
    double left = Uniform();
    int count = 0;
    // Past 1000 the probabilities are 0 in double precision for any mean below 10.
    while (left > probability && count < 1000) {
      left -= probability;
      ++count;
      probability *= mean / count;
    }
    return count;
  }
  // Transformed rejection with squeeze (Hörmann's PTRS, 1993).
  const double root = std::sqrt(mean);
  const double b = 0.931 + 2.53 * root;
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  const double squeeze = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    const double u = Uniform() - 0.5;
    const double v = 1 - Uniform();  // (0, 1]
    const double us = 0.5 - std::abs(u);
    if (us <= 0) continue;
    const double count = std::floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= squeeze) return count;
    if (count < 0 || (us < 0.013 && v > us)) continue;
    if (std::log(v * inverse_alpha / (a / (us * us) + b)) <=
        count * std::log(mean) - mean - std::lgamma(count + 1)) {
      return count;
    }
  }
}

}  // namespace atomstream
