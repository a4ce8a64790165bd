#include "detectors/log_star/window_problem.h"

namespace atomstream {

std::vector<Blob> CollectAtoms(const std::vector<ScalePeak>& peaks,
                               const std::vector<double>& sigmas_px, const Window& area,
                               const Candidate& candidate, double threshold, size_t limit) {
  const float left = static_cast<float>(area.x_px);
  const float top = static_cast<float>(area.y_px);
  BrightestFirstPruner pruner(area.width_px, area.height_px, sigmas_px[candidate.last_level],
                              /*overlap=*/1, candidate.min_spacing_px);
  for (const ScalePeak& peak : peaks) {
    if (peak.response <= threshold || pruner.kept().size() >= limit) break;
    if (!peak.InRange(candidate.first_level, candidate.last_level)) continue;
    pruner.Offer({peak.x_px - left, peak.y_px - top, static_cast<float>(sigmas_px[peak.level]),
                  peak.response});
  }
  std::vector<Blob> blobs = pruner.TakeKept();
  for (Blob& blob : blobs) {
    blob.x_px += left;
    blob.y_px += top;
  }
  return blobs;
}

size_t MaxAtoms(double expected_atoms) { return static_cast<size_t>(4 * expected_atoms) + 64; }

WindowProblem::WindowProblem(const PeakCache* cache, const SearchSpace* space, const Window& window,
                             const RewardContext& context, const RewardPair& rewards)
    : cache_(cache), space_(space), window_(window), context_(context), rewards_(rewards) {
  for (const PreprocessedPeaks& variant : cache->variants) {
    std::vector<ScalePeak>& inside = peaks_.emplace_back();
    for (const ScalePeak& peak : variant.peaks) {
      if (peak.x_px >= window.x_px && peak.x_px < window.x_px + window.width_px &&
          peak.y_px >= window.y_px && peak.y_px < window.y_px + window.height_px) {
        inside.push_back(peak);
      }
    }
  }
}

std::optional<std::vector<Blob>> WindowProblem::Detect(const Candidate& candidate) const {
  const size_t bound = MaxAtoms(context_.expected_atoms);
  std::vector<Blob> blobs = CollectAtoms(peaks_[candidate.variant], cache_->sigmas_px, window_,
                                         candidate, candidate.threshold, bound + 1);
  if (blobs.size() > bound) return std::nullopt;
  return blobs;
}

std::vector<Blob> WindowProblem::Brightest(const Candidate& candidate, size_t count) const {
  return CollectAtoms(peaks_[candidate.variant], cache_->sigmas_px, window_, candidate,
                      /*threshold=*/0, count);
}

std::optional<ObjectiveVector> WindowProblem::Objectives(const UnitPoint& point) const {
  const std::optional<std::vector<Blob>> atoms = Detect(space_->Decode(point));
  if (!atoms) return std::nullopt;
  return ObjectiveVector{rewards_.first->Evaluate(*atoms, context_),
                         rewards_.second->Evaluate(*atoms, context_)};
}

}  // namespace atomstream
