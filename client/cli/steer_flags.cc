#include "client/cli/steer_flags.h"

#include <cmath>
#include <functional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

absl::Status Bad(absl::string_view flag, absl::string_view value, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("--", flag, " = ", value, ": ", why));
}

bool ParsePreprocessing(absl::string_view text, v1::LogStarSettings& settings) {
  for (const absl::string_view name : absl::StrSplit(text, ',')) {
    if (name == "none") {
      settings.add_preprocessing(v1::PREPROCESSING_NONE);
    } else if (name == "gaussian") {
      settings.add_preprocessing(v1::PREPROCESSING_GAUSSIAN);
    } else if (name == "lattice") {
      settings.add_preprocessing(v1::PREPROCESSING_LATTICE);
    } else {
      return false;
    }
  }
  return true;
}

bool ParseWindowMode(absl::string_view text, v1::LogStarSettings& settings) {
  if (text != "global" && text != "map") return false;
  settings.set_window_mode(text == "map" ? v1::WINDOW_MODE_MAP : v1::WINDOW_MODE_GLOBAL);
  return true;
}

bool ParseBudget(absl::string_view text, v1::LogStarSettings& settings) {
  double ms = 0;
  if (!absl::SimpleAtod(text, &ms) || !(ms >= 0 && ms <= 1e9)) return false;
  const auto seconds = static_cast<int64_t>(ms / 1e3);
  settings.mutable_time_budget()->set_seconds(seconds);
  settings.mutable_time_budget()->set_nanos(
      static_cast<int32_t>(std::lround((ms - static_cast<double>(seconds) * 1e3) * 1e6)));
  return true;
}

template <typename Number, bool (*kParse)(absl::string_view, Number*),
          void (v1::LogStarSettings::*kSet)(Number)>
bool ParseNumber(absl::string_view text, v1::LogStarSettings& settings) {
  Number number = 0;
  if (!kParse(text, &number)) return false;
  (settings.*kSet)(number);
  return true;
}

bool ParseInt(absl::string_view text, int32_t* number) { return absl::SimpleAtoi(text, number); }
bool ParseDouble(absl::string_view text, double* number) { return absl::SimpleAtod(text, number); }
bool ParseBool(absl::string_view text, bool* value) { return absl::SimpleAtob(text, value); }

// A setting as `--set NAME=VALUE` takes it.
struct Setting {
  const char* name;
  const char* path;  // in the contract
  const char* what;  // the values
  bool (*parse)(absl::string_view text, v1::LogStarSettings& settings);
};

using S = v1::LogStarSettings;

constexpr Setting kSettings[] = {
    {"material", "material", "a name, or auto",
     [](absl::string_view text, S& s) {
       s.set_material(std::string(text));
       return !text.empty();
     }},
    {"rewards", "rewards", "qc,er or er,qc",
     [](absl::string_view text, S& s) {
       for (const absl::string_view name : absl::StrSplit(text, ',')) {
         s.add_rewards(std::string(name));
       }
       return s.rewards_size() == 2;
     }},
    {"er_distance_fraction", "er_distance_fraction", "a number from 0.7 to 1",
     ParseNumber<double, ParseDouble, &S::set_er_distance_fraction>},
    {"preprocessing", "preprocessing", "of none, gaussian, lattice, with commas",
     ParsePreprocessing},
    {"window_mode", "window_mode", "global or map", ParseWindowMode},
    {"window_size_px", "window_size_px", "an integer from 32 to 4096",
     ParseNumber<int32_t, ParseInt, &S::set_window_size_px>},
    {"window_stride_fraction", "window_stride_fraction", "a number above 0, at most 1",
     ParseNumber<double, ParseDouble, &S::set_window_stride_fraction>},
    {"max_windows", "max_windows", "an integer from 1 to 100000",
     ParseNumber<int32_t, ParseInt, &S::set_max_windows>},
    {"optimizer", "optimizer", "nsga2, bayesian or sobol",
     [](absl::string_view text, S& s) {
       s.set_optimizer(std::string(text));
       return !text.empty();
     }},
    {"max_evaluations", "max_evaluations", "an integer from 1 to 100000",
     ParseNumber<int32_t, ParseInt, &S::set_max_evaluations>},
    {"time_budget_ms", "time_budget", "milliseconds, 0 for none", ParseBudget},
    {"refine_subpixel", "refine_subpixel", "true or false",
     ParseNumber<bool, ParseBool, &S::set_refine_subpixel>},
};

std::string SettingNames() {
  return absl::StrJoin(kSettings, ", ", [](std::string* out, const Setting& setting) {
    absl::StrAppend(out, setting.name);
  });
}

absl::Status ReadPlace(const std::string& text, v1::Selection& selection) {
  if (text == "knee") {
    selection.set_place(v1::FRONT_PLACE_KNEE);
  } else if (text == "min_er") {
    selection.set_place(v1::FRONT_PLACE_MIN_ER);
  } else if (text == "min_qc") {
    selection.set_place(v1::FRONT_PLACE_MIN_QC);
  } else {
    return Bad("place", text, "must be knee, min_er or min_qc");
  }
  return absl::OkStatus();
}

absl::Status ReadPreference(const std::string& text, v1::Selection& selection) {
  double preference = 0;
  if (!absl::SimpleAtod(text, &preference) || !(preference >= 0 && preference <= 1)) {
    return Bad("preference", text, "must be a number in [0, 1]");
  }
  selection.set_preference(preference);
  return absl::OkStatus();
}

absl::Status ReadIndex(const std::string& text, v1::Selection& selection) {
  int32_t index = 0;
  if (!absl::SimpleAtoi(text, &index) || index < 0) {
    return Bad("index", text, "must be an integer from 0");
  }
  selection.set_index(index);
  return absl::OkStatus();
}

absl::Status ReadWeights(const std::string& text, v1::Selection& selection) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ',');
  double qc = 0, er = 0;
  if (parts.size() != 2 || !absl::SimpleAtod(parts[0], &qc) || !absl::SimpleAtod(parts[1], &er) ||
      !(qc >= 0 && std::isfinite(qc)) || !(er >= 0 && std::isfinite(er)) || qc + er == 0) {
    return Bad("weights", text, "must be two numbers of QC and ER, not negative and not both 0");
  }
  selection.mutable_weights()->set_qc(qc);
  selection.mutable_weights()->set_er(er);
  return absl::OkStatus();
}

}  // namespace

void SteerFlags::AddTo(FlagSet& flags) {
  flags.Add("preference", &preference, "select by position on the front, 0: least ER, 1: least QC");
  flags.Add("place", &place, "select a place on the front: knee, min_er or min_qc");
  flags.Add("index", &index, "select this solution, from 0; see `atomstream pareto`");
  flags.Add("sequence", &sequence,
            "--index: the result whose front it is meant for; 0: the newest live one");
  flags.Add("weights", &weights, "select the least weighted sum: QC's weight, comma, ER's weight");
  flags.Add("set", &set,
            absl::StrCat("change a setting, NAME=VALUE; may be repeated. Names: ", SettingNames()));
  flags.Add("validate_only", &validate_only, "--set: only check");
  flags.Add("show", &show, "print the present settings");
  flags.Add("history", &history, "print the changes since the daemon started");
  flags.Add("reprocess", &reprocess, "search a frame again, from the beginning");
  flags.Add("frame_id", &frame_id, "--reprocess: which; empty: the newest live one");
  flags.Add("measure", &measure,
            "select to and fro this often and print the time from the call to the new result");
  flags.Add("as", &as, "your name, for the audit log");
  flags.Add("expect_version", &expect_version,
            "refuse to change other settings than those of this version; 0: any");
}

absl::StatusOr<SteerFlags::Kind> SteerFlags::Asked() const {
  const bool select = !preference.empty() || !place.empty() || !index.empty() || !weights.empty();
  const std::pair<bool, Kind> ways[] = {
      {show, Kind::kShow},           {history, Kind::kHistory},     {select, Kind::kSelect},
      {!set.empty(), Kind::kUpdate}, {reprocess, Kind::kReprocess}, {measure != 0, Kind::kMeasure}};
  int count = 0;
  Kind asked = Kind::kShow;
  for (const auto& [given, kind] : ways) {
    if (!given) continue;
    ++count;
    asked = kind;
  }
  if (count != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        count == 0 ? "nothing is asked for" : "more than one thing is asked for",
        ": give a selection (--preference, --place, --index or --weights), --set, --show, "
        "--history, --reprocess or --measure"));
  }
  if (sequence != 0 && index.empty())
    return Bad("sequence", absl::StrCat(sequence), "needs --index");
  if (validate_only && asked != Kind::kUpdate) return Bad("validate_only", "true", "needs --set");
  if (!frame_id.empty() && !reprocess) return Bad("frame_id", frame_id, "needs --reprocess");
  if (measure < 0) return Bad("measure", absl::StrCat(measure), "must be positive");
  if (expect_version < 0) {
    return Bad("expect_version", absl::StrCat(expect_version), "must not be negative");
  }
  return asked;
}

absl::StatusOr<v1::SelectSolutionRequest> SteerFlags::SelectRequest() const {
  const int ways = !preference.empty() + !place.empty() + !index.empty() + !weights.empty();
  if (ways != 1) {
    return absl::InvalidArgumentError("give one of --preference, --place, --index and --weights");
  }
  v1::SelectSolutionRequest request;
  v1::Selection& selection = *request.mutable_selection();
  if (!place.empty()) {
    RETURN_IF_ERROR(ReadPlace(place, selection));
  } else if (!weights.empty()) {
    RETURN_IF_ERROR(ReadWeights(weights, selection));
  } else if (!index.empty()) {
    RETURN_IF_ERROR(ReadIndex(index, selection));
  } else {
    RETURN_IF_ERROR(ReadPreference(preference, selection));
  }
  request.set_expected_version(expect_version);
  request.set_requested_by(as);
  return request;
}

absl::StatusOr<v1::UpdateSettingsRequest> SteerFlags::UpdateRequest() const {
  v1::UpdateSettingsRequest request;
  for (const std::string& text : set) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(text, absl::MaxSplits('=', 1));
    const Setting* found = nullptr;
    for (const Setting& setting : kSettings) {
      if (parts.first == setting.name) found = &setting;
    }
    if (found == nullptr) {
      return Bad("set", text, absl::StrCat("must be NAME=VALUE with a name of ", SettingNames()));
    }
    for (const std::string& path : request.update_mask().paths()) {
      if (path == found->path) return Bad("set", text, "is given twice");
    }
    if (!found->parse(parts.second, *request.mutable_log_star())) {
      return Bad("set", text, absl::StrCat(found->name, " must be ", found->what));
    }
    request.mutable_update_mask()->add_paths(found->path);
  }
  request.set_expected_version(expect_version);
  request.set_requested_by(as);
  request.set_validate_only(validate_only);
  return request;
}

}  // namespace atomstream
