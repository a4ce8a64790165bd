// A model folder with one member of an ensemble, so that one network can be timed by the same
// serving path as the ensemble. Pure but for the files.
#ifndef ATOMSTREAM_TESTS_BENCH_ONE_MEMBER_MODEL_H_
#define ATOMSTREAM_TESTS_BENCH_ONE_MEMBER_MODEL_H_

#include <string>

#include "absl/status/status.h"

namespace atomstream::bench {

// Copies the folder `model` to `target`, which exists, and leaves its first member only.
absl::Status CopyFirstMember(const std::string& model, const std::string& target);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_ONE_MEMBER_MODEL_H_
