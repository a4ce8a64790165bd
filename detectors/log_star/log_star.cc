#include "detectors/log_star/log_star.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/lattice/frame_lattice.h"
#include "detectors/log_star/atom_place.h"
#include "detectors/log_star/compact_analysis.h"
#include "detectors/log_star/frame_decision.h"
#include "detectors/log_star/frame_survey.h"
#include "detectors/log_star/frame_trials.h"
#include "detectors/log_star/front_choice.h"
#include "detectors/log_star/peak_cache.h"
#include "detectors/log_star/search_space.h"
#include "detectors/log_star/window_search.h"
#include "opencv2/core.hpp"

namespace atomstream {
namespace {

// Of the time budget; the rest is for trying the windows' solutions on the whole frame.
constexpr double kWindowShare = 0.7;
constexpr int kMaxWarmPoints = 12;

uint64_t FnvHash(uint64_t seed, absl::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ULL ^ seed;
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3ULL;
  return hash;
}

SolutionChoice DefaultChoice(const LogStarOptions& options) {
  return options.preference ? SolutionChoice::ByPreference(*options.preference) : SolutionChoice();
}

class LogStarDetector final : public LogStar {
 public:
  LogStarDetector(LogStarOptions options, std::unique_ptr<Optimizer> optimizer,
                  SharedRewards rewards, const Clock* clock)
      : options_(std::move(options)),
        optimizer_(std::move(optimizer)),
        rewards_(std::move(rewards)),
        clock_(*clock) {}

  using LogStar::Detect;
  absl::StatusOr<LogStarResult> Detect(const Frame& frame, const DetectRequest& request,
                                       Executor& executor) const override {
    return CatchToStatus("LoG*", [&] { return DetectOrThrow(frame, request, executor); });
  }

 private:
  absl::StatusOr<LogStarResult> DetectOrThrow(const Frame& frame, const DetectRequest& request,
                                              Executor& executor) const {
    const absl::Time start = clock_.Now();
    const SolutionChoice choice = request.choice.value_or(DefaultChoice(options_));
    RETURN_IF_ERROR(ValidateChoice(choice));
    if (choice.kind == SolutionChoice::Kind::kIndex) {
      return absl::InvalidArgumentError(absl::StrCat(
          "choice.index = ", choice.index, ": names a member of a front that is not known yet"));
    }
    LogStarResult result;
    const std::string material_name =
        frame.metadata().material.empty() ? options_.material : frame.metadata().material;
    std::optional<Material> material;
    if (material_name != "auto") {
      ASSIGN_OR_RETURN(material, FindMaterial(material_name, options_.custom_materials));
    }

    const FrameSurvey survey = SurveyFrame(frame, material, clock_, result.timings);
    DescribeLattice(survey, material_name, result);
    if (result.lattice.expected_atoms >= 1) {
      RETURN_IF_ERROR(Search(frame, survey, request, choice, executor, result));
    } else if (request.keep_analysis) {
      result.analysis = MakeEmptyAnalysis(result);
    }
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
  absl::Status Search(const Frame& frame, const FrameSurvey& survey, const DetectRequest& request,
                      const SolutionChoice& choice, Executor& executor,
                      LogStarResult& result) const {
    absl::Time stage_start = clock_.Now();
    const PeakCache cache = PeakCache::Build(survey, options_.preprocessing, executor);
    const SearchSpace space(&cache, survey.lattice.d_nn_px);
    result.timings.scale_space = clock_.Now() - stage_start;

    stage_start = clock_.Now();
    const FrameFindings findings =
        Optimise(frame, survey, cache, space, request.warm_start, choice, executor, result);
    result.next_warm_start = findings.memory;
    result.timings.optimise = clock_.Now() - stage_start;

    stage_start = clock_.Now();
    std::shared_ptr<const FrameAnalysis> analysis;
    if (request.keep_analysis) {
      analysis = MakeAnalysis({&result, &findings, &survey, &cache, rewards_, options_.window_mode,
                               options_.refine_subpixel, request.max_analysis_bytes},
                              executor);
    }
    RETURN_IF_ERROR(Decide(findings, survey, cache, space, choice, analysis.get(), result));
    result.analysis = std::move(analysis);
    result.timings.detect = clock_.Now() - stage_start;
    return absl::OkStatus();
  }

  SearchSetting SettingOf(const FrameSurvey& survey, const PeakCache& cache,
                          const std::string& material) const {
    SearchSetting setting;
    setting.material = material;
    for (const PreprocessedPeaks& variant : cache.variants) {
      setting.preprocessing.push_back(variant.preprocessing);
    }
    setting.er_distance_d_nn = options_.er_distance_d_nn;
    setting.frame_width_px = survey.WholeFrame().width_px;
    setting.frame_height_px = survey.WholeFrame().height_px;
    setting.window_size_px = options_.window_size_px;
    setting.window_stride = options_.window_stride;
    return setting;
  }

  // Windows propose, the frame disposes; what was learned is for the next frame, too.
  FrameFindings Optimise(const Frame& frame, const FrameSurvey& survey, const PeakCache& cache,
                         const SearchSpace& space, const WarmStart* warm_start,
                         const SolutionChoice& choice, Executor& executor,
                         LogStarResult& result) const {
    const absl::Time start = clock_.Now();
    WarmStart memory =
        AdaptWarmStart(warm_start, SettingOf(survey, cache, result.lattice.material));
    FrameFindings findings;
    findings.frame = survey.WholeFrame();
    findings.grid = MakeWindowGrid(findings.frame.width_px, findings.frame.height_px,
                                   options_.window_size_px, options_.window_stride);
    findings.context.expected_atoms = survey.ExpectedAtoms(findings.frame);
    findings.context.min_neighbour_px = options_.er_distance_d_nn * survey.lattice.d_nn_px;

    WindowSearchInput input;
    input.survey = &survey;
    input.cache = &cache;
    input.space = &space;
    input.optimizer = optimizer_.get();
    input.options = &options_;
    input.warm_start = &memory;
    input.choice = choice;
    input.rewards = {rewards_.qc.get(), rewards_.er.get()};
    input.deadline = start + kWindowShare * options_.time_budget;
    input.seed = FnvHash(options_.seed, frame.metadata().id);
    input.turn = frame.metadata().number;
    const std::vector<SearchedWindow> windows = SearchWindows(input, executor, clock_);

    const WindowProblem whole(&cache, &space, findings.frame, findings.context, input.rewards);
    const FrameTrials trials =
        TryOnFrame(space, whole, findings.context.expected_atoms, windows, choice, memory,
                   start + options_.time_budget, executor, clock_);
    result.evaluations = trials.evaluations;
    result.infeasible = trials.infeasible;
    findings.front = ChooseFront(space, trials.solutions);
    for (const SearchedWindow& searched : windows) {
      const OptimizerResult& found = searched.result;
      result.evaluations += found.evaluations;
      result.infeasible += found.infeasible;
      findings.windows.push_back(
          {searched.index, found.evaluations, found.front.Hypervolume({1, 1})});
      memory.window_fronts[searched.index] =
          std::make_shared<ParetoFront>(ChooseFront(space, found.front.solutions()));
    }
    RememberFront(findings.front, choice, memory);
    findings.memory = std::make_shared<WarmStart>(std::move(memory));
    return findings;
  }

  static void RememberFront(const ParetoFront& front, const SolutionChoice& choice,
                            WarmStart& memory) {
    memory.points.clear();
    const std::vector<Solution>& solutions = front.solutions();
    const absl::StatusOr<int> chosen = ChooseOnFront(front, choice);
    if (chosen.ok()) memory.points.push_back(solutions[*chosen].point);
    const size_t step = std::max<size_t>(1, solutions.size() / kMaxWarmPoints);
    for (size_t i = 0; i < solutions.size(); i += step) {
      memory.points.push_back(solutions[i].point);
    }
  }

  // The atoms and what the result says of them; from the analysis, if there is one that can tell.
  absl::Status Decide(const FrameFindings& findings, const FrameSurvey& survey,
                      const PeakCache& cache, const SearchSpace& space,
                      const SolutionChoice& choice, const FrameAnalysis* analysis,
                      LogStarResult& result) const {
    if (findings.front.empty()) return absl::OkStatus();
    if (analysis != nullptr) {
      absl::StatusOr<LogStarResult> decided = analysis->Reselect({choice, std::nullopt});
      if (decided.ok()) {
        const LogStarTimings timings = result.timings;
        result = *std::move(decided);
        result.timings = timings;
        return absl::OkStatus();
      }
    }
    ASSIGN_OR_RETURN(const FrameDecision decision,
                     DecideFrame(findings, cache, space, choice, options_.window_mode));
    DescribeDecision(findings, space, choice, rewards_, decision, result);
    FillAtoms(decision, survey, cache, result);
    return absl::OkStatus();
  }

  void FillAtoms(const FrameDecision& decision, const FrameSurvey& survey, const PeakCache& cache,
                 LogStarResult& result) const {
    const std::vector<ScalePeak>& peaks = cache.variants[decision.variant].peaks;
    const std::vector<int> indices = PeaksOf(decision.blobs, peaks, cache);
    const AtomPlacer placer(survey, cache, decision.variant, options_.refine_subpixel);
    result.atoms.reserve(indices.size());
    for (size_t i = 0; i < indices.size(); ++i) {
      const AtomPlace place = placer.Of(peaks[indices[i]]);
      if (!place.outside) result.atoms.push_back(ToAtom(place, decision.blobs[i]));
    }
  }

  const LogStarOptions options_;
  const std::unique_ptr<Optimizer> optimizer_;
  const SharedRewards rewards_;
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
  return std::make_unique<LogStarDetector>(options, std::move(optimizer),
                                           SharedRewards{std::move(qc), std::move(er)}, clock);
}

}  // namespace atomstream
