// WindowProblem: the optimiser's view of one window: a point of the search space goes in, the
// rewards of the atoms that it would find come out.
//
// Owned and used by one thread; reads the shared PeakCache.
#ifndef ATOMSTREAM_DETECTORS_LOG_STAR_WINDOW_PROBLEM_H_
#define ATOMSTREAM_DETECTORS_LOG_STAR_WINDOW_PROBLEM_H_

#include <optional>
#include <vector>

#include "core/image/window_grid.h"
#include "core/optimize/problem.h"
#include "core/reward/reward.h"
#include "detectors/log_star/search_space.h"

namespace atomstream {

// The two rewards of an objective vector. Not owned.
struct RewardPair {
  const Reward* first = nullptr;
  const Reward* second = nullptr;
};

// The atoms of one variant's peaks, sorted by falling response, in `area`: brightest first, with a
// response above `threshold`, at most `limit`.
std::vector<Blob> CollectAtoms(const std::vector<ScalePeak>& peaks,
                               const std::vector<double>& sigmas_px, const Window& area,
                               const Candidate& candidate, double threshold, size_t limit);

// More atoms than this are no solution.
size_t MaxAtoms(double expected_atoms);

class WindowProblem final : public Problem {
 public:
  // `context.expected_atoms` is the window's. `cache` and `space` must outlive this.
  WindowProblem(const PeakCache* cache, const SearchSpace* space, const Window& window,
                const RewardContext& context, const RewardPair& rewards);

  int dimension() const override { return space_->dimension(); }

  // nullopt when more atoms would be found than the bound of 4 x N_expected + 64: time and memory
  // stay bounded in the worst corner of the space.
  std::optional<ObjectiveVector> Evaluate(const UnitPoint& point) override {
    return Objectives(point);
  }
  // The same, for several threads at once: it only reads.
  std::optional<ObjectiveVector> Objectives(const UnitPoint& point) const;

  // The atoms in the window, by falling response; nullopt as Evaluate.
  std::optional<std::vector<Blob>> Detect(const Candidate& candidate) const;

  // The first `count` of the atoms that Detect would find at a threshold of 0: pruning goes from
  // the brightest down, so the atoms at any threshold are the beginning of this list.
  std::vector<Blob> Brightest(const Candidate& candidate, size_t count) const;

 private:
  const PeakCache* const cache_;
  const SearchSpace* const space_;
  const Window window_;
  const RewardContext context_;
  const RewardPair rewards_;
  std::vector<std::vector<ScalePeak>> peaks_;  // of the window, for each variant
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_LOG_STAR_WINDOW_PROBLEM_H_
