#include "detectors/log_star/log_star.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/status_macros.h"
#include "core/blob/border.h"
#include "core/blob/disk_mean.h"
#include "core/blob/refine.h"
#include "core/lattice/frame_lattice.h"
#include "detectors/log_star/frame_survey.h"
#include "detectors/log_star/frame_trials.h"
#include "detectors/log_star/parameter_map.h"
#include "detectors/log_star/peak_cache.h"
#include "detectors/log_star/search_space.h"
#include "detectors/log_star/solution_choice.h"
#include "detectors/log_star/window_search.h"
#include "opencv2/core.hpp"

namespace atomstream {
namespace {

// Of the time budget; the rest is for trying the windows' solutions on the whole frame.
constexpr double kWindowShare = 0.7;
constexpr double kAtomSigma = 0.3;  // d_NN: about the width of an atom in HAADF frames
constexpr int kMaxWarmPoints = 12;

uint64_t FnvHash(uint64_t seed, absl::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ULL ^ seed;
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3ULL;
  return hash;
}

class LogStarDetector final : public LogStar {
 public:
  LogStarDetector(LogStarOptions options, std::unique_ptr<Optimizer> optimizer,
                  std::unique_ptr<Reward> qc, std::unique_ptr<Reward> er, const Clock* clock)
      : options_(std::move(options)),
        optimizer_(std::move(optimizer)),
        qc_(std::move(qc)),
        er_(std::move(er)),
        clock_(*clock) {}

  absl::StatusOr<LogStarResult> Detect(const Frame& frame, const WarmStart* warm_start,
                                       Executor& executor) const override {
    return CatchToStatus("LoG*", [&] { return DetectOrThrow(frame, warm_start, executor); });
  }

 private:
  absl::StatusOr<LogStarResult> DetectOrThrow(const Frame& frame, const WarmStart* warm_start,
                                              Executor& executor) const {
    const absl::Time start = clock_.Now();
    LogStarResult result;
    const std::string material_name =
        frame.metadata().material.empty() ? options_.material : frame.metadata().material;
    std::optional<Material> material;
    if (material_name != "auto") {
      ASSIGN_OR_RETURN(material, FindMaterial(material_name, options_.custom_materials));
    }

    const FrameSurvey survey = SurveyFrame(frame, material, clock_, result.timings);
    DescribeLattice(survey, material_name, result);
    if (result.lattice.expected_atoms >= 1) Search(frame, survey, warm_start, executor, result);
    result.timings.total = clock_.Now() - start;
    return result;
  }

  void DescribeLattice(const FrameSurvey& survey, const std::string& material_name,
                       LogStarResult& result) const {
    LatticeSummary& lattice = result.lattice;
    lattice = Summarise(survey.lattice, material_name);
    if (survey.image.constant) {
      result.flags.push_back("constant_frame");
      return;
    }
    if (!lattice.found) result.flags.push_back("no_lattice");
    if (lattice.metadata_disagrees) result.flags.push_back("metadata_disagrees");
    if (!(lattice.d_nn_px > 0)) return;
    const Window frame = survey.WholeFrame();
    lattice.material_area_fraction = cv::mean(survey.filtered.material)[0];
    lattice.expected_atoms = lattice.material_area_fraction * frame.width_px * frame.height_px *
                             survey.lattice.density_per_px2;
    if (lattice.expected_atoms < 1) result.flags.push_back("no_material");
  }

  // Sections 4 to 8 of docs/algorithm.md.
  void Search(const Frame& frame, const FrameSurvey& survey, const WarmStart* warm_start,
              Executor& executor, LogStarResult& result) const {
    absl::Time stage_start = clock_.Now();
    const PeakCache cache = PeakCache::Build(survey, options_.preprocessing, executor);
    const SearchSpace space(&cache, survey.lattice.d_nn_px);
    result.timings.scale_space = clock_.Now() - stage_start;

    stage_start = clock_.Now();
    RewardContext context;
    context.expected_atoms = survey.ExpectedAtoms(survey.WholeFrame());
    context.min_neighbour_px = options_.er_distance_d_nn * survey.lattice.d_nn_px;
    const WindowProblem whole(&cache, &space, survey.WholeFrame(), context, rewards());
    const Choice choice =
        Optimise(frame, survey, cache, space, whole, warm_start, executor, result);
    result.timings.optimise = clock_.Now() - stage_start;
    if (choice.index < 0) return;

    stage_start = clock_.Now();
    const Candidate chosen = space.Decode(choice.front.solutions()[choice.index].point);
    const std::vector<Blob> blobs = FindBlobs(survey, cache, space, whole, chosen, result);
    result.qc = qc_->Evaluate(blobs, context);
    result.er = er_->Evaluate(blobs, context);
    FillAtoms(blobs, survey, cache, chosen.variant, result);
    result.timings.detect = clock_.Now() - stage_start;
  }

  // Windows propose, the frame disposes; what was learned goes into result.next_warm_start.
  Choice Optimise(const Frame& frame, const FrameSurvey& survey, const PeakCache& cache,
                  const SearchSpace& space, const WindowProblem& whole, const WarmStart* warm_start,
                  Executor& executor, LogStarResult& result) const {
    const absl::Time start = clock_.Now();
    WindowSearchInput input;
    input.survey = &survey;
    input.cache = &cache;
    input.space = &space;
    input.optimizer = optimizer_.get();
    input.options = &options_;
    input.warm_start = warm_start;
    input.rewards = rewards();
    input.deadline = start + kWindowShare * options_.time_budget;
    input.seed = FnvHash(options_.seed, frame.metadata().id);
    input.turn = frame.metadata().number;
    const std::vector<SearchedWindow> windows = SearchWindows(input, executor, clock_);

    const FrameTrials trials =
        TryOnFrame(space, whole, survey.ExpectedAtoms(survey.WholeFrame()), windows,
                   options_.preference, warm_start, start + options_.time_budget, executor, clock_);
    result.evaluations += trials.evaluations;
    result.infeasible += trials.infeasible;
    Choice choice = ChooseSolution(space, trials.solutions, options_.preference);
    FillFront(choice, space, result);
    auto next = std::make_shared<WarmStart>();
    FillWindows(windows, space, warm_start, result, *next);
    RememberFront(choice, *next);
    result.next_warm_start = std::move(next);
    return choice;
  }

  // The chosen solution's atoms; in map mode, those of the parameter map if there is one.
  std::vector<Blob> FindBlobs(const FrameSurvey& survey, const PeakCache& cache,
                              const SearchSpace& space, const WindowProblem& whole,
                              const Candidate& chosen, LogStarResult& result) const {
    if (options_.window_mode == WindowMode::kMap) {
      const std::vector<ParameterMap::Node> nodes =
          MapNodes(*result.next_warm_start, survey, space, chosen.variant);
      if (!nodes.empty()) {
        const Window area = survey.WholeFrame();
        result.chosen_by = "map";
        return ParameterMap(nodes, area.width_px, area.height_px)
            .Detect(cache, area.width_px, area.height_px);
      }
    }
    return whole.Detect(chosen).value_or(std::vector<Blob>());
  }

  RewardPair rewards() const { return {qc_.get(), er_.get()}; }

  static std::vector<FrontPoint> Described(const ParetoFront& front, const SearchSpace& space) {
    std::vector<FrontPoint> points;
    for (const Solution& solution : front.solutions()) {
      points.push_back({solution.objectives[0], solution.objectives[1],
                        space.ToLogParams(space.Decode(solution.point))});
    }
    return points;
  }

  static void FillFront(const Choice& choice, const SearchSpace& space, LogStarResult& result) {
    result.front = Described(choice.front, space);
    result.chosen = choice.index;
    result.chosen_by = choice.reason;
    result.hypervolume = choice.front.Hypervolume({1, 1});
  }

  void FillWindows(const std::vector<SearchedWindow>& windows, const SearchSpace& space,
                   const WarmStart* warm_start, LogStarResult& result, WarmStart& next) const {
    if (warm_start != nullptr) next.window_choices = warm_start->window_choices;
    for (const SearchedWindow& searched : windows) {
      const Choice choice =
          ChooseSolution(space, searched.result.front.solutions(), options_.preference);
      WindowResult window{
          searched.window.x_px,           searched.window.y_px,
          searched.window.width_px,       searched.window.height_px,
          Described(choice.front, space), choice.index,
          searched.result.evaluations,    searched.result.front.Hypervolume({1, 1})};
      if (choice.index >= 0) {
        next.window_choices[searched.index] = choice.front.solutions()[choice.index].point;
      }
      result.evaluations += searched.result.evaluations;
      result.infeasible += searched.result.infeasible;
      result.windows.push_back(std::move(window));
    }
  }

  static void RememberFront(const Choice& choice, WarmStart& next) {
    const std::vector<Solution>& front = choice.front.solutions();
    if (choice.index >= 0) next.points.push_back(front[choice.index].point);
    const size_t step = std::max<size_t>(1, front.size() / kMaxWarmPoints);
    for (size_t i = 0; i < front.size(); i += step) next.points.push_back(front[i].point);
  }

  // The newest choice of every window that was ever optimised, as far as it is of `variant`.
  std::vector<ParameterMap::Node> MapNodes(const WarmStart& memory, const FrameSurvey& survey,
                                           const SearchSpace& space, int variant) const {
    const Window frame = survey.WholeFrame();
    const std::vector<Window> grid = MakeWindowGrid(
        frame.width_px, frame.height_px, options_.window_size_px, options_.window_stride);
    std::vector<ParameterMap::Node> nodes;
    for (const auto& [index, point] : memory.window_choices) {
      if (index >= static_cast<int>(grid.size())) continue;
      const Candidate candidate = space.Decode(point);
      if (candidate.variant == variant) nodes.push_back({grid[index], candidate});
    }
    return nodes;
  }

  void FillAtoms(const std::vector<Blob>& blobs, const FrameSurvey& survey, const PeakCache& cache,
                 int variant, LogStarResult& result) const {
    const double atom_sigma_px = kAtomSigma * survey.lattice.d_nn_px;
    result.atoms.reserve(blobs.size());
    for (const Blob& blob : blobs) {
      // The rewards expect the flanks of atoms just outside the frame; the result leaves them out.
      if (CentreLiesOutside(survey.image.clipped, blob, atom_sigma_px)) continue;
      const auto level =
          std::lower_bound(cache.sigmas_px.begin(), cache.sigmas_px.end(), blob.sigma_px * 0.999) -
          cache.sigmas_px.begin();
      const Blob place =
          options_.refine_subpixel ? RefineBlob(cache.variants[variant].stack[level], blob) : blob;
      result.atoms.push_back({place.x_px, place.y_px, place.sigma_px,
                              DiskMean(survey.image.unclipped, blob), blob.response});
    }
  }

  const LogStarOptions options_;
  const std::unique_ptr<Optimizer> optimizer_;
  const std::unique_ptr<Reward> qc_;  // the first objective
  const std::unique_ptr<Reward> er_;  // the second
  const Clock& clock_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<LogStar>> LogStar::Create(const LogStarOptions& options,
                                                         const Clock* clock) {
  RETURN_IF_ERROR(ValidateLogStarOptions(options));
  ASSIGN_OR_RETURN(std::unique_ptr<Optimizer> optimizer, MakeOptimizer(options.optimizer));
  // There are these two, and results call them by name: their order in the options plays no part.
  ASSIGN_OR_RETURN(std::unique_ptr<Reward> qc, MakeReward("qc"));
  ASSIGN_OR_RETURN(std::unique_ptr<Reward> er, MakeReward("er"));
  return std::make_unique<LogStarDetector>(options, std::move(optimizer), std::move(qc),
                                           std::move(er), clock);
}

}  // namespace atomstream
