// TestedDetector: what the benchmark holds against known positions, whichever way it finds atoms.
// Used by one thread at a time; the time it reports is of one detection on the calling thread (and
// the threads that a detector brings).
#ifndef ATOMSTREAM_TESTS_BENCH_TESTED_DETECTOR_H_
#define ATOMSTREAM_TESTS_BENCH_TESTED_DETECTOR_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/image/frame.h"
#include "detectors/log_star/log_star_options.h"
#include "tests/bench/flags.h"

namespace atomstream::bench {

struct Detection {
  std::vector<PointPx> atoms;
  std::string device;
  std::string model;  // "": the detector has none
  std::vector<std::string> flags;
  double milliseconds = 0;
};

class TestedDetector {
 public:
  virtual ~TestedDetector() = default;

  virtual const std::string& name() const = 0;
  // The frame's metadata name its material. A cold start each time.
  virtual absl::StatusOr<Detection> Detect(const Frame& frame) const = 0;
};

// How a U-Net is to be served, as the command line says it.
struct UnetFlags {
  std::string model;  // folder
  std::string device = "auto";
  std::string precision = "auto";
  int threads = 1;
  int tile_px = 0;       // 0: the segmenter's default
  double threshold = 0;  // 0: the model's
};

// --model, --device, --precision, --threads, --tile, --threshold.
UnetFlags ReadUnetFlags(Flags& flags);

// "log_star" or "unet", by name. `clock` outlives the detector. InvalidArgument: unknown name, no
// model; Unimplemented: this program was built without libtorch; else the model's errors.
absl::StatusOr<std::unique_ptr<TestedDetector>> MakeTestedDetector(const std::string& name,
                                                                   const LogStarOptions& log_star,
                                                                   const UnetFlags& unet,
                                                                   const Clock* clock);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_TESTED_DETECTOR_H_
