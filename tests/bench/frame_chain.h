// FrameChain: what a daemon does with each frame of a run once it has the image: LoG*, clusters,
// site kinds, drift, with everything that is kept from frame to frame. Used by one thread. Times
// are processor times, LoG*'s budget too, so that what is found does not depend on how busy the
// machine is.
#ifndef ATOMSTREAM_TESTS_BENCH_FRAME_CHAIN_H_
#define ATOMSTREAM_TESTS_BENCH_FRAME_CHAIN_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/structure/cluster_atoms.h"
#include "core/structure/drift.h"
#include "core/structure/drift_view.h"
#include "core/structure/site_kinds.h"
#include "core/target/site.h"
#include "detectors/log_star/log_star.h"
#include "tests/bench/cpu_clock.h"

namespace atomstream::bench {

struct FrameChainOptions {
  LogStarOptions log_star;
  ClusterOptions clusters;
  SiteOptions sites;
  DriftOptions drift;
};

struct ChainedFrame {
  LogStarResult found;
  ClusterResult clusters;
  SiteAnalysis surroundings;
  std::optional<DriftEstimate> drift;  // from the frame before; unset for the first
  // Of each stage: "normalise", "log_star", "clusters", "site kinds", "drift view",
  // "drift"; and of LoG*'s own, "of it: …".
  std::map<std::string, double> milliseconds;

  // As targets are chosen from them, one for each atom.
  std::vector<Site> Sites() const;
};

class FrameChain {
 public:
  static absl::StatusOr<std::unique_ptr<FrameChain>> Create(const FrameChainOptions& options);

  absl::StatusOr<ChainedFrame> Next(const Frame& frame);

 private:
  explicit FrameChain(const FrameChainOptions& options) : options_(options) {}

  const FrameChainOptions options_;
  const CpuClock clock_;
  std::unique_ptr<LogStar> log_star_;
  std::shared_ptr<const WarmStart> warm_start_;
  std::shared_ptr<const ClusterModel> model_;
  std::shared_ptr<const DriftView> view_;
  std::optional<PointPx> last_drift_;
};

// The clusters' models as they differ in what they are told: a fixed number, or a range for BIC.
ClusterOptions FixedClusters(int count);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_FRAME_CHAIN_H_
