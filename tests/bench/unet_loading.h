// Loads what the benchmark runs with libtorch. The one place of the benchmark that knows whether
// this program was built with it.
#ifndef ATOMSTREAM_TESTS_BENCH_UNET_LOADING_H_
#define ATOMSTREAM_TESTS_BENCH_UNET_LOADING_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "detectors/unet/segmenter.h"
#include "tests/bench/tested_detector.h"

namespace atomstream::bench {

// Unimplemented without libtorch; InvalidArgument for a flag's value, or no --model.
absl::StatusOr<std::shared_ptr<const Segmenter>> LoadSegmenter(const UnetFlags& flags,
                                                               const Clock* clock);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_UNET_LOADING_H_
