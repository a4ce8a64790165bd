// Random: a fast, reproducible random generator for the simulator.
//
// xoshiro256++ with a ziggurat for normal deviates: a 512 x 512 frame of Gaussian noise costs about
// a millisecond. The sequence depends on the seed alone, not on the standard library (whose
// distributions differ between implementations). Not thread-safe: one object a thread.
#ifndef ATOMSTREAM_CORE_SIMULATE_RANDOM_H_
#define ATOMSTREAM_CORE_SIMULATE_RANDOM_H_

#include <cstdint>

namespace atomstream {

// A seed for part `stream` of something seeded with `seed` (a frame of a run, the noise of a
// frame): different streams are unrelated, the same pair always gives the same seed.
uint64_t DeriveSeed(uint64_t seed, uint64_t stream);

class Random {
 public:
  explicit Random(uint64_t seed);

  uint64_t Bits();
  double Uniform();                         // [0, 1)
  double Uniform(double low, double high);  // [low, high)
  int Index(int count);                     // 0 … count - 1; count must be > 0
  double Normal();                          // mean 0, standard deviation 1
  // A Poisson deviate of the given mean; 0 for a mean <= 0. Exact up to a mean of 1e9.
  double Poisson(double mean);

 private:
  double NormalTail(bool negative);

  uint64_t state_[4];
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_SIMULATE_RANDOM_H_
