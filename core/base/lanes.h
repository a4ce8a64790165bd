// Lanes: sixteen floats that are worked on together, for the few loops that take most of a frame's
// time. As a vector type they stay in registers; plain arrays go through memory at every step, at
// half the speed. Header-only; any thread.
//
// ATOMSTREAM_VECTORISED before a function has it compiled for several processors, and the loader
// picks: the packages stay portable. What it calls must be inlined into it (ATOMSTREAM_INLINE).
// Lanes are passed by reference: by value their calling convention depends on the processor.
#ifndef ATOMSTREAM_CORE_BASE_LANES_H_
#define ATOMSTREAM_CORE_BASE_LANES_H_

#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define ATOMSTREAM_VECTORISED __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define ATOMSTREAM_VECTORISED
#endif
#define ATOMSTREAM_INLINE inline __attribute__((always_inline))

namespace atomstream {

constexpr int kLanes = 16;
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float))));

ATOMSTREAM_INLINE void Load(const float* from, Lanes& to) { std::memcpy(&to, from, sizeof(to)); }
ATOMSTREAM_INLINE void Store(const Lanes& from, float* to) { std::memcpy(to, &from, sizeof(from)); }

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BASE_LANES_H_
