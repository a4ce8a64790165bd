#include "tests/bench/frame_chain.h"

#include <utility>

#include "core/base/executor.h"
#include "core/base/status_macros.h"
#include "core/image/normalise.h"

namespace atomstream::bench {
namespace {

// Adds the time from its making to its end under a name.
class StageTimer {
 public:
  StageTimer(const char* name, std::map<std::string, double>& milliseconds)
      : name_(name), milliseconds_(milliseconds) {}
  ~StageTimer() { milliseconds_[name_] += absl::ToDoubleMilliseconds(clock_.Now() - start_); }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  const char* const name_;
  std::map<std::string, double>& milliseconds_;
  const CpuClock clock_;
  const absl::Time start_ = clock_.Now();
};

}  // namespace

std::vector<Site> ChainedFrame::Sites() const {
  std::vector<Site> sites(found.atoms.size());
  for (size_t i = 0; i < sites.size(); ++i) {
    const Atom& atom = found.atoms[i];
    Site& site = sites[i];
    site.x_px = atom.x_px;
    site.y_px = atom.y_px;
    site.sigma_px = atom.sigma_px;
    site.intensity = atom.intensity;
    site.confidence = 1;
    if (!clusters.labels.empty() && clusters.labels[i] >= 0) {
      site.cluster = clusters.labels[i];
      site.cluster_probability = clusters.probability[i];
    }
    site.kind = std::string(SiteKindName(surroundings.sites[i].kind));
    if (surroundings.sites[i].complete) site.coordination = surroundings.sites[i].coordination;
  }
  return sites;
}

absl::StatusOr<std::unique_ptr<FrameChain>> FrameChain::Create(const FrameChainOptions& options) {
  RETURN_IF_ERROR(ValidateClusterOptions(options.clusters));
  RETURN_IF_ERROR(ValidateDriftOptions(options.drift));
  auto chain = std::unique_ptr<FrameChain>(new FrameChain(options));
  ASSIGN_OR_RETURN(chain->log_star_, LogStar::Create(options.log_star, &chain->clock_));
  return chain;
}

absl::StatusOr<ChainedFrame> FrameChain::Next(const Frame& frame) {
  ChainedFrame result;
  std::shared_ptr<const NormalisedImage> image;  // once for all stages, as in the daemon
  {
    const StageTimer timer("normalise", result.milliseconds);
    image = frame.normalised();
  }
  {
    const StageTimer timer("log_star", result.milliseconds);
    InlineExecutor executor;
    DetectRequest request;
    request.warm_start = warm_start_.get();
    request.keep_analysis = true;  // as the daemon does with live frames
    ASSIGN_OR_RETURN(result.found, log_star_->Detect(frame, request, executor));
  }
  const LogStarTimings& t = result.found.timings;
  const std::pair<const char*, absl::Duration> parts[] = {
      {"of it: normalise", t.normalise},   {"of it: lattice", t.lattice},
      {"of it: preprocess", t.preprocess}, {"of it: scale space", t.scale_space},
      {"of it: optimise", t.optimise},     {"of it: detect, keep", t.detect}};
  for (const auto& [name, duration] : parts) {
    result.milliseconds[name] = absl::ToDoubleMilliseconds(duration);
  }
  if (result.found.next_warm_start != nullptr) warm_start_ = result.found.next_warm_start;
  const double d_nn_px = result.found.lattice.d_nn_px;
  {
    const StageTimer timer("site kinds", result.milliseconds);
    ASSIGN_OR_RETURN(result.surroundings,
                     AnalyseSites(image->unclipped, result.found.atoms, d_nn_px, options_.sites));
  }
  {
    const StageTimer timer("clusters", result.milliseconds);
    ASSIGN_OR_RETURN(result.clusters,
                     ClusterAtoms(image->unclipped, result.found.atoms, d_nn_px, options_.clusters,
                                  model_, Refit::kAllowed, EmptyPlaces(result.surroundings)));
  }
  model_ = result.clusters.next_model;
  std::shared_ptr<const DriftView> view;
  {
    const StageTimer timer("drift view", result.milliseconds);
    ASSIGN_OR_RETURN(view, MakeDriftView(image->unclipped, options_.drift));
  }
  if (view_ != nullptr) {
    const StageTimer timer("drift", result.milliseconds);
    ASSIGN_OR_RETURN(result.drift, EstimateDrift(*view_, *view, last_drift_, options_.drift));
  }
  last_drift_.reset();
  if (result.drift.has_value() && result.drift->state == DriftState::kMeasured) {
    last_drift_ = {result.drift->x_px, result.drift->y_px};
  }
  view_ = std::move(view);
  return result;
}

ClusterOptions FixedClusters(int count) {
  ClusterOptions options;
  options.min_clusters = options.max_clusters = count;
  return options;
}

}  // namespace atomstream::bench
