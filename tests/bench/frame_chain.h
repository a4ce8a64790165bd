// FrameChain: what a daemon does with each frame of a run once it has the image: LoG*, clusters,
// site kinds, drift, with everything that is kept from frame to frame. Used by one thread.
#ifndef ATOMSTREAM_TESTS_BENCH_FRAME_CHAIN_H_
#define ATOMSTREAM_TESTS_BENCH_FRAME_CHAIN_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/structure/cluster_atoms.h"
#include "core/structure/drift.h"
#include "core/structure/drift_view.h"
#include "core/structure/site_kinds.h"
#include "core/target/site.h"
#include "detectors/log_star/log_star.h"

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
  // Wall time of each stage, ms: "normalise", "log_star", "clusters", "site kinds", "drift view",
  // "drift".
  std::map<std::string, double> milliseconds;

  // As targets are chosen from them, one for each atom.
  std::vector<Site> Sites() const;
};

class FrameChain {
 public:
  static absl::StatusOr<std::unique_ptr<FrameChain>> Create(const FrameChainOptions& options,
                                                            const Clock* clock);

  absl::StatusOr<ChainedFrame> Next(const Frame& frame);

 private:
  FrameChain(const FrameChainOptions& options, std::unique_ptr<LogStar> log_star)
      : options_(options), log_star_(std::move(log_star)) {}

  const FrameChainOptions options_;
  const std::unique_ptr<LogStar> log_star_;
  std::shared_ptr<const WarmStart> warm_start_;
  std::shared_ptr<const ClusterModel> model_;
  std::shared_ptr<const DriftView> view_;
  std::optional<PointPx> last_drift_;
};

// The clusters' models as they differ in what they are told: a fixed number, or a range for BIC.
ClusterOptions FixedClusters(int count);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_FRAME_CHAIN_H_
