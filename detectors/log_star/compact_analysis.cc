#include "detectors/log_star/compact_analysis.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status_macros.h"
#include "detectors/log_star/atom_place.h"

namespace atomstream {
namespace {

constexpr int kPeaksPerTask = 1024;
// The parameter map's thresholds are means of logarithms: rounding may take them this far below the
// least of its nodes'.
constexpr double kRounding = 1e-6;

// Which peaks some solution of the fronts can choose.
struct Reach {
  int first_level = std::numeric_limits<int>::max();
  int last_level = -1;
  double threshold = std::numeric_limits<double>::infinity();

  void Include(const Candidate& candidate) {
    first_level = std::min(first_level, candidate.first_level);
    last_level = std::max(last_level, candidate.last_level);
    threshold = std::min(threshold, candidate.threshold * (1 - kRounding));
  }
  bool Holds(const ScalePeak& peak) const {
    return peak.level >= first_level && peak.level <= last_level && peak.response > threshold;
  }
};

Reach ReachOf(const FrameFindings& findings, const SearchSpace& space, int variant) {
  Reach reach;
  for (const Solution& solution : findings.front.solutions()) {
    reach.Include(space.Decode(solution.point));
  }
  for (const auto& [index, front] : findings.memory->window_fronts) {
    for (const Solution& solution : front->solutions()) {
      const Candidate candidate = space.Decode(solution.point);
      if (candidate.variant == variant) reach.Include(candidate);
    }
  }
  return reach;
}

// Indices of the peaks from the top row down: the images of a large frame are read through once,
// instead of here and there as the responses fall.
std::vector<int> OrderByRow(const std::vector<ScalePeak>& peaks, int rows) {
  std::vector<int> next(rows + 1, 0);  // where in the order the row's next peak goes
  for (const ScalePeak& peak : peaks) ++next[peak.y_px + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  std::vector<int> order(peaks.size());
  for (size_t i = 0; i < peaks.size(); ++i) order[next[peaks[i].y_px]++] = static_cast<int>(i);
  return order;
}

int64_t BytesOf(const ParetoFront& front) {
  int64_t bytes = sizeof(ParetoFront) + front.solutions().capacity() * sizeof(Solution);
  for (const Solution& solution : front.solutions()) {
    bytes += solution.point.capacity() * sizeof(double);
  }
  return bytes;
}

int64_t BytesOf(const WarmStart& memory) {
  constexpr int64_t kMapNode = 64;  // a node of std::map with its key and value
  int64_t bytes = sizeof(WarmStart);
  for (const UnitPoint& point : memory.points) {
    bytes += sizeof(point) + point.capacity() * sizeof(double);
  }
  for (const auto& [index, front] : memory.window_fronts) bytes += kMapNode + BytesOf(*front);
  return bytes;
}

class CompactAnalysis final : public FrameAnalysis {
 public:
  CompactAnalysis(const CompactAnalysisInput& input, Executor& executor)
      : base_(*input.result),
        findings_(*input.findings),
        rewards_(input.rewards),
        window_mode_(input.window_mode),
        space_(&cache_, input.survey->lattice.d_nn_px) {
    base_.timings = LogStarTimings();
    Keep(input, executor);
  }

  absl::StatusOr<LogStarResult> Reselect(const Reselection& reselection) const override {
    return CatchToStatus("LoG* reselection", [&] { return ReselectOrThrow(reselection); });
  }

  absl::StatusOr<std::vector<WindowResult>> Windows(const SolutionChoice& choice) const override {
    return CatchToStatus("LoG* windows", [&]() -> absl::StatusOr<std::vector<WindowResult>> {
      RETURN_IF_ERROR(ValidateChoice(choice));
      return RememberedWindowResults(findings_, space_, choice);
    });
  }

  int64_t bytes() const override { return bytes_; }

 private:
  void Keep(const CompactAnalysisInput& input, Executor& executor) {
    const PeakCache& cache = *input.cache;
    cache_.sigmas_px = cache.sigmas_px;
    for (const PreprocessedPeaks& variant : cache.variants) {
      cache_.variants.push_back(
          {variant.preprocessing, {}, {}, variant.min_threshold, variant.max_threshold});
    }
    bytes_ = sizeof(CompactAnalysis) + BytesOf(findings_.front) + BytesOf(*findings_.memory) +
             findings_.grid.capacity() * sizeof(Window) +
             findings_.windows.capacity() * sizeof(FoundWindow);
    if (findings_.front.empty()) return;
    const int variant = space_.Decode(findings_.front.solutions()[0].point).variant;
    const Reach reach = ReachOf(findings_, space_, variant);
    const std::vector<ScalePeak>& all = cache.variants[variant].peaks;
    const int64_t count =
        std::count_if(all.begin(), all.end(), [&](const ScalePeak& p) { return reach.Holds(p); });
    const int64_t needed =
        bytes_ + count * static_cast<int64_t>(sizeof(ScalePeak) + sizeof(AtomPlace));
    if (needed > input.max_bytes) {
      status_ = absl::ResourceExhaustedError(absl::StrCat("max_analysis_bytes = ", input.max_bytes,
                                                          ": keeping the frame's ", count,
                                                          " peaks takes ", needed, " bytes"));
      return;
    }
    bytes_ = needed;
    std::vector<ScalePeak>& kept = cache_.variants[variant].peaks;
    kept.reserve(count);
    std::copy_if(all.begin(), all.end(), std::back_inserter(kept),
                 [&](const ScalePeak& peak) { return reach.Holds(peak); });
    places_.resize(count);
    const std::vector<int> order = OrderByRow(kept, findings_.frame.height_px);
    const AtomPlacer placer(*input.survey, cache, variant, input.refine_subpixel);
    const int tasks = static_cast<int>((count + kPeaksPerTask - 1) / kPeaksPerTask);
    executor.ParallelFor(tasks, [&](int task) {
      const int64_t end = std::min<int64_t>(count, int64_t{task + 1} * kPeaksPerTask);
      for (int64_t i = int64_t{task} * kPeaksPerTask; i < end; ++i) {
        const int peak = order[i];
        places_[peak] = placer.Of(kept[peak]);
      }
    });
  }

  absl::StatusOr<LogStarResult> ReselectOrThrow(const Reselection& reselection) const {
    RETURN_IF_ERROR(ValidateChoice(reselection.choice));
    RETURN_IF_ERROR(status_);
    ASSIGN_OR_RETURN(const FrameDecision decision,
                     DecideFrame(findings_, cache_, space_, reselection.choice,
                                 reselection.window_mode.value_or(window_mode_)));
    LogStarResult result = base_;
    DescribeDecision(findings_, space_, reselection.choice, rewards_, decision, result);
    const std::vector<ScalePeak>& peaks = cache_.variants[decision.variant].peaks;
    const std::vector<int> indices = PeaksOf(decision.blobs, peaks, cache_);
    result.atoms.reserve(indices.size());
    for (size_t i = 0; i < indices.size(); ++i) {
      const AtomPlace& place = places_[indices[i]];
      if (!place.outside) result.atoms.push_back(ToAtom(place, decision.blobs[i]));
    }
    return result;
  }

  LogStarResult base_;
  FrameFindings findings_;
  const SharedRewards rewards_;
  const WindowMode window_mode_;
  PeakCache cache_;                // peaks of the chosen variant only; no stacks
  std::vector<AtomPlace> places_;  // of those peaks
  const SearchSpace space_;
  int64_t bytes_ = 0;
  absl::Status status_;  // why there is nothing to decide with
};

class EmptyAnalysis final : public FrameAnalysis {
 public:
  explicit EmptyAnalysis(const LogStarResult& result)
      : reason_(absl::StrJoin(result.flags, ", ")) {}

  absl::StatusOr<LogStarResult> Reselect(const Reselection& reselection) const override {
    RETURN_IF_ERROR(ValidateChoice(reselection.choice));
    return absl::FailedPreconditionError(
        absl::StrCat("choice = \"", ChoiceName(reselection.choice),
                     "\": the front is empty; the frame was not searched: ", reason_));
  }
  absl::StatusOr<std::vector<WindowResult>> Windows(const SolutionChoice& choice) const override {
    RETURN_IF_ERROR(ValidateChoice(choice));
    return std::vector<WindowResult>();
  }
  int64_t bytes() const override { return sizeof(EmptyAnalysis) + reason_.capacity(); }

 private:
  const std::string reason_;
};

}  // namespace

std::shared_ptr<const FrameAnalysis> MakeAnalysis(const CompactAnalysisInput& input,
                                                  Executor& executor) {
  return std::make_shared<CompactAnalysis>(input, executor);
}

std::shared_ptr<const FrameAnalysis> MakeEmptyAnalysis(const LogStarResult& result) {
  return std::make_shared<EmptyAnalysis>(result);
}

}  // namespace atomstream
