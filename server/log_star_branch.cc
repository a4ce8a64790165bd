#include "server/log_star_branch.h"

#include <utility>

#include "core/base/status_macros.h"

namespace atomstream {
namespace {

Reselection ReselectionOf(const ActiveSettings& settings, const std::vector<FrontPoint>& front) {
  return {.choice = settings.ChoiceFor(front), .window_mode = settings.record.log_star.window_mode};
}

// Takes out of a result what is for the next frame or for steering only: history need not keep it.
KeptFrame KeepOf(LogStarResult& result, SettingsPtr searched) {
  KeptFrame kept;
  kept.analysis = std::exchange(result.analysis, nullptr);
  kept.warm_start = std::exchange(result.next_warm_start, nullptr);
  kept.searched = searched;
  kept.decided = std::move(searched);
  return kept;
}

// As Reselect, but `result` keeps its times.
absl::Status Redecide(const FrameAnalysis& analysis, const ActiveSettings& settings,
                      LogStarResult& result) {
  ASSIGN_OR_RETURN(LogStarResult decided, analysis.Reselect(ReselectionOf(settings, result.front)));
  decided.timings = result.timings;
  decided.next_warm_start = nullptr;
  result = std::move(decided);
  return absl::OkStatus();
}

}  // namespace

LogStarOutcome LogStarBranch::Run(const AdmittedFrame& admitted, Executor& executor) {
  const EarlierResult* earlier =
      admitted.submission == nullptr ? nullptr : admitted.submission->earlier();
  const SettingsPtr settings = deps_.settings->Get();
  const std::shared_ptr<const WarmStart> warm_start = WarmStartFor(admitted);
  LogStarOutcome outcome;
  outcome.settings_version = settings->version();
  if (earlier != nullptr) outcome.cause = ResultCause::kReprocess;

  DetectRequest request;
  request.warm_start = warm_start.get();
  request.choice = settings->choice;
  request.keep_analysis =
      admitted.origin == FrameOrigin::kSource || (earlier != nullptr && earlier->live != nullptr);
  absl::StatusOr<LogStarResult> result = CatchToStatus(
      "log_star", [&] { return settings->log_star->Detect(*admitted.frame, request, executor); });
  if (!result.ok()) {
    outcome.detector = FailedDetector(DetectorKind::kLogStar, result.status());
    return outcome;
  }
  Count(*result);
  for (const StageTime& stage : StagesOf(result->timings)) {
    deps_.metrics->ObserveStage(stage.stage, stage.duration);
  }
  KeptFrame kept = KeepOf(*result, settings);
  if (admitted.origin == FrameOrigin::kSource) {
    KeepWarmStart(admitted.live_index, admitted.frame->metadata().material, kept.warm_start);
  }
  if (request.keep_analysis) {
    const SettingsPtr now = deps_.settings->Get();
    if (now->version() != settings->version() && SameSearch(*now, *settings) &&
        kept.analysis != nullptr && Redecide(*kept.analysis, *now, *result).ok()) {
      kept.decided = now;
      outcome.settings_version = now->version();
    }
    if (earlier != nullptr) kept.progress = earlier->live;
    outcome.kept = std::move(kept);
  }
  outcome.detector.result = *std::move(result);
  return outcome;
}

absl::StatusOr<LogStarOutcome> LogStarBranch::DecideAnew(const KeptFrame& kept,
                                                         const SettingsPtr& settings,
                                                         Executor& executor) {
  LogStarOutcome outcome;
  outcome.settings_version = settings->version();
  const bool same_mode =
      kept.decided->record.log_star.window_mode == settings->record.log_star.window_mode;
  const bool same_search = SameSearch(*kept.searched, *settings);
  outcome.cause = same_search && same_mode ? ResultCause::kSelection : ResultCause::kSettings;
  KeptFrame next = kept;
  next.decided = settings;
  absl::StatusOr<LogStarResult> result = absl::ResourceExhaustedError("no analysis was kept");
  if (same_search && kept.analysis != nullptr) {
    result = kept.analysis->Reselect(ReselectionOf(*settings, kept.result().front));
  }
  // Also where keeping the frame's peaks would have taken too much memory.
  if (!same_search || absl::IsResourceExhausted(result.status())) {
    result = CatchToStatus("log_star", [&] { return SearchAnew(kept, settings, next, executor); });
  }
  RETURN_IF_ERROR(result.status());
  result->next_warm_start = nullptr;
  outcome.detector.result = *std::move(result);
  outcome.kept = std::move(next);
  return outcome;
}

absl::StatusOr<LogStarResult> LogStarBranch::SearchAnew(const KeptFrame& kept,
                                                        const SettingsPtr& settings,
                                                        KeptFrame& next, Executor& executor) {
  DetectRequest request;
  request.warm_start = kept.warm_start.get();
  request.choice = settings->choice;
  request.keep_analysis = true;
  ASSIGN_OR_RETURN(LogStarResult result, settings->quick->Detect(kept.frame(), request, executor));
  Count(result);
  KeptFrame found = KeepOf(result, settings);
  KeepWarmStart(kept.progress->live_index, kept.frame().metadata().material, found.warm_start);
  next.analysis = std::move(found.analysis);
  // A frame with nothing to learn from leaves what is known.
  if (found.warm_start != nullptr) next.warm_start = std::move(found.warm_start);
  next.searched = settings;
  return result;
}

void LogStarBranch::Count(const LogStarResult& result) const {
  deps_.metrics->optimizer_evaluations->Increment(result.evaluations);
  deps_.metrics->optimizer_infeasible->Increment(result.infeasible);
}

std::shared_ptr<const WarmStart> LogStarBranch::WarmStartFor(const AdmittedFrame& admitted) const {
  if (admitted.origin != FrameOrigin::kSource) return nullptr;
  MutexLock lock(&mutex_);
  return admitted.frame->metadata().material == warm_start_material_ ? warm_start_ : nullptr;
}

void LogStarBranch::KeepWarmStart(int64_t live_index, const std::string& material,
                                  std::shared_ptr<const WarmStart> warm_start) {
  // A frame with nothing to learn from (blank, no lattice) leaves what is known.
  if (warm_start == nullptr) return;
  MutexLock lock(&mutex_);
  // Frames may finish out of order: an older one must not replace what a newer one found.
  if (live_index < warm_start_live_index_) return;
  warm_start_ = std::move(warm_start);
  warm_start_material_ = material;
  warm_start_live_index_ = live_index;
}

}  // namespace atomstream
