#include "server/steering/active_settings.h"

#include <algorithm>

#include "core/base/status_macros.h"

namespace atomstream {
namespace {

// But for the pruning, which is the same for all solutions of LoG* and not told in results.
bool SameParams(const LogParams& a, const LogParams& b) {
  return a.min_sigma_px == b.min_sigma_px && a.max_sigma_px == b.max_sigma_px &&
         a.num_sigma == b.num_sigma && a.threshold == b.threshold && a.overlap == b.overlap &&
         a.min_spacing_px == b.min_spacing_px && a.preprocessing == b.preprocessing;
}

bool SamePoint(const FrontPoint& a, const FrontPoint& b) {
  return a.qc == b.qc && a.er == b.er && SameParams(a.params, b.params);
}

}  // namespace

SolutionChoice ActiveSettings::ChoiceFor(const std::vector<FrontPoint>& front) const {
  // The same numbers are the same front, whichever result of the frame the operator saw it in.
  const bool meant =
      index_front != nullptr &&
      std::equal(front.begin(), front.end(), index_front->begin(), index_front->end(), SamePoint);
  return meant ? record.selection : choice;
}

absl::Status MakeDetectors(const LogStarFactory& factory, ActiveSettings& settings) {
  LogStarOptions options = settings.record.log_star;
  ASSIGN_OR_RETURN(settings.log_star, factory(options));
  options.time_budget = std::min(options.time_budget, kQuickBudget);
  ASSIGN_OR_RETURN(settings.quick, factory(options));
  return absl::OkStatus();
}

SolutionChoice FirstChoice(const LogStarOptions& options) {
  return options.preference ? SolutionChoice::ByPreference(*options.preference) : SolutionChoice();
}

absl::StatusOr<SettingsPtr> FirstSettings(const LogStarOptions& options,
                                          const LogStarFactory& factory, absl::Time now) {
  auto settings = std::make_shared<ActiveSettings>();
  settings->record.log_star = options;
  settings->choice = FirstChoice(options);
  settings->record.log_star.preference.reset();
  settings->record.selection = settings->choice;
  settings->record.changed_by = "configuration";
  settings->record.change_time = now;
  RETURN_IF_ERROR(MakeDetectors(factory, *settings));
  return SettingsPtr(std::move(settings));
}

}  // namespace atomstream
