#include "server/codec/settings_codec.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/codec/front_codec.h"
#include "server/codec/result_codec.h"

namespace atomstream {
namespace {

// A budget longer than this is none: a protobuf duration may be anything up to 10,000 years.
constexpr int64_t kMaxBudgetSeconds = 86400;

v1::LogStarSettings LogStarToProto(const LogStarOptions& options) {
  v1::LogStarSettings proto;
  proto.set_material(options.material);
  *proto.mutable_rewards() = {options.rewards.begin(), options.rewards.end()};
  proto.set_er_distance_fraction(options.er_distance_d_nn);
  for (const Preprocessing value : options.preprocessing) {
    proto.add_preprocessing(PreprocessingToProto(value));
  }
  proto.set_window_mode(WindowModeToProto(options.window_mode));
  proto.set_window_size_px(options.window_size_px);
  proto.set_window_stride_fraction(options.window_stride);
  proto.set_max_windows(options.max_windows);
  proto.set_optimizer(options.optimizer);
  proto.set_max_evaluations(options.max_evaluations);
  if (options.time_budget != absl::InfiniteDuration()) {
    *proto.mutable_time_budget() = DurationToProto(options.time_budget);
  }
  proto.set_refine_subpixel(options.refine_subpixel);
  return proto;
}

v1::Selection SelectionToProto(const SolutionChoice& selection) {
  v1::Selection proto;
  switch (selection.kind) {
    case SolutionChoice::Kind::kKnee:
      proto.set_place(v1::FRONT_PLACE_KNEE);
      break;
    case SolutionChoice::Kind::kMinEr:
      proto.set_place(v1::FRONT_PLACE_MIN_ER);
      break;
    case SolutionChoice::Kind::kMinQc:
      proto.set_place(v1::FRONT_PLACE_MIN_QC);
      break;
    case SolutionChoice::Kind::kPreference:
      proto.set_preference(selection.preference);
      break;
    case SolutionChoice::Kind::kIndex:
      proto.set_index(selection.index);
      break;
    case SolutionChoice::Kind::kWeights:
      proto.mutable_weights()->set_qc(selection.qc_weight);
      proto.mutable_weights()->set_er(selection.er_weight);
      break;
  }
  return proto;
}

absl::StatusOr<SolutionChoice> PlaceFromProto(v1::FrontPlace place) {
  SolutionChoice choice;
  switch (place) {
    case v1::FRONT_PLACE_KNEE:
      choice.kind = SolutionChoice::Kind::kKnee;
      return choice;
    case v1::FRONT_PLACE_MIN_ER:
      choice.kind = SolutionChoice::Kind::kMinEr;
      return choice;
    case v1::FRONT_PLACE_MIN_QC:
      choice.kind = SolutionChoice::Kind::kMinQc;
      return choice;
    default:
      return absl::InvalidArgumentError(absl::StrCat("selection.place = ", static_cast<int>(place),
                                                     ": must be knee, min_er or min_qc"));
  }
}

absl::StatusOr<std::vector<Preprocessing>> PreprocessingFromProto(
    const v1::LogStarSettings& proto) {
  std::vector<Preprocessing> result;
  for (const int value : proto.preprocessing()) {
    switch (value) {
      case v1::PREPROCESSING_NONE:
        result.push_back(Preprocessing::kNone);
        break;
      case v1::PREPROCESSING_GAUSSIAN:
        result.push_back(Preprocessing::kGaussian);
        break;
      case v1::PREPROCESSING_LATTICE:
        result.push_back(Preprocessing::kLattice);
        break;
      default:
        return absl::InvalidArgumentError(absl::StrCat("log_star.preprocessing = ", value,
                                                       ": must be none, gaussian or lattice"));
    }
  }
  return result;
}

absl::StatusOr<WindowMode> WindowModeFromProto(v1::WindowMode mode) {
  if (mode == v1::WINDOW_MODE_GLOBAL) return WindowMode::kGlobal;
  if (mode == v1::WINDOW_MODE_MAP) return WindowMode::kMap;
  return absl::InvalidArgumentError(
      absl::StrCat("log_star.window_mode = ", static_cast<int>(mode), ": must be global or map"));
}

absl::StatusOr<absl::Duration> BudgetFromProto(const google::protobuf::Duration& proto) {
  const absl::Duration budget =
      absl::Seconds(std::clamp<int64_t>(proto.seconds(), -kMaxBudgetSeconds, kMaxBudgetSeconds)) +
      absl::Nanoseconds(proto.nanos());
  if (budget < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "log_star.time_budget = ", absl::FormatDuration(budget), ": must not be negative"));
  }
  if (budget == absl::ZeroDuration() || proto.seconds() >= kMaxBudgetSeconds) {
    return absl::InfiniteDuration();
  }
  return budget;
}

}  // namespace

v1::Settings SettingsToProto(const SettingsRecord& settings) {
  v1::Settings proto;
  proto.set_version(settings.version);
  *proto.mutable_log_star() = LogStarToProto(settings.log_star);
  *proto.mutable_selection() = SelectionToProto(settings.selection);
  proto.set_changed_by(settings.changed_by);
  *proto.mutable_change_time() = TimeToProto(settings.change_time);
  return proto;
}

v1::SettingsChange SettingsChangeToProto(const SettingsChange& change) {
  v1::SettingsChange proto;
  *proto.mutable_settings() = SettingsToProto(change.settings);
  *proto.mutable_changed_fields() = {change.changed_fields.begin(), change.changed_fields.end()};
  proto.set_text(change.text);
  proto.set_changed_by(change.settings.changed_by);
  return proto;
}

absl::StatusOr<SolutionChoice> SelectionFromProto(const v1::Selection& proto) {
  switch (proto.by_case()) {
    case v1::Selection::kPreference:
      return SolutionChoice::ByPreference(proto.preference());
    case v1::Selection::kPlace:
      return PlaceFromProto(proto.place());
    case v1::Selection::kIndex:
      return SolutionChoice::AtIndex(proto.index());
    case v1::Selection::kWeights:
      return SolutionChoice::ByWeights(proto.weights().qc(), proto.weights().er());
    case v1::Selection::BY_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("selection: preference, place, index or weights must be set");
}

absl::StatusOr<LogStarOptions> LogStarSettingsFromProto(const v1::LogStarSettings& proto,
                                                        const std::vector<std::string>& paths) {
  const auto meant = [&paths](absl::string_view name) {
    return std::any_of(paths.begin(), paths.end(),
                       [&](const std::string& path) { return path == name || path == "*"; });
  };
  LogStarOptions options;
  options.material = proto.material();
  if (meant("rewards")) {
    if (proto.rewards_size() != 2) {
      return absl::InvalidArgumentError(
          absl::StrCat("log_star.rewards: ", proto.rewards_size(), " are given, must be 2"));
    }
    std::copy(proto.rewards().begin(), proto.rewards().end(), options.rewards.begin());
  }
  options.er_distance_d_nn = proto.er_distance_fraction();
  if (meant("preprocessing")) {
    ASSIGN_OR_RETURN(options.preprocessing, PreprocessingFromProto(proto));
  }
  if (meant("window_mode")) {
    ASSIGN_OR_RETURN(options.window_mode, WindowModeFromProto(proto.window_mode()));
  }
  options.window_size_px = proto.window_size_px();
  options.window_stride = proto.window_stride_fraction();
  options.max_windows = proto.max_windows();
  options.optimizer = proto.optimizer();
  options.max_evaluations = proto.max_evaluations();
  if (meant("time_budget")) {
    ASSIGN_OR_RETURN(options.time_budget, BudgetFromProto(proto.time_budget()));
  }
  options.refine_subpixel = proto.refine_subpixel();
  return options;
}

}  // namespace atomstream
