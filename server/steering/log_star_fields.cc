#include "server/steering/log_star_fields.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "core/base/status_macros.h"
#include "core/lattice/material.h"

namespace atomstream {
namespace {

using Options = LogStarOptions;

struct Field {
  absl::string_view name;
  std::string (*text)(const Options&);
  bool (*same)(const Options&, const Options&);
  void (*copy)(const Options& from, Options& to);
};

template <auto kMember>
constexpr Field MakeField(absl::string_view name, std::string (*text)(const Options&)) {
  return {name, text, [](const Options& a, const Options& b) { return a.*kMember == b.*kMember; },
          [](const Options& from, Options& to) { to.*kMember = from.*kMember; }};
}

template <auto kMember>
std::string ValueText(const Options& options) {
  return absl::StrCat(options.*kMember);
}

template <auto kMember>
constexpr Field MakeField(absl::string_view name) {
  return MakeField<kMember>(name, ValueText<kMember>);
}

std::string BudgetText(const LogStarOptions& options) {
  return options.time_budget == absl::InfiniteDuration()
             ? "none"
             : absl::FormatDuration(options.time_budget);
}

std::string PreprocessingText(const LogStarOptions& options) {
  return absl::StrJoin(options.preprocessing, ",", [](std::string* out, Preprocessing value) {
    absl::StrAppend(out, PreprocessingName(value));
  });
}

std::string RewardsText(const Options& options) { return absl::StrJoin(options.rewards, ","); }

std::string WindowModeText(const Options& options) {
  return std::string(WindowModeName(options.window_mode));
}

std::string RefineText(const Options& options) {
  return options.refine_subpixel ? "true" : "false";
}

const std::array<Field, 12> kFields = {
    MakeField<&Options::material>("material"),
    MakeField<&Options::rewards>("rewards", RewardsText),
    MakeField<&Options::er_distance_d_nn>("er_distance_fraction"),
    MakeField<&Options::preprocessing>("preprocessing", PreprocessingText),
    MakeField<&Options::window_mode>(kWindowModeField, WindowModeText),
    MakeField<&Options::window_size_px>("window_size_px"),
    MakeField<&Options::window_stride>("window_stride_fraction"),
    MakeField<&Options::max_windows>("max_windows"),
    MakeField<&Options::optimizer>("optimizer"),
    MakeField<&Options::max_evaluations>("max_evaluations"),
    MakeField<&Options::time_budget>("time_budget", BudgetText),
    MakeField<&Options::refine_subpixel>("refine_subpixel", RefineText),
};

bool SameMaterial(const Material& a, const Material& b) {
  const auto same_vector = [](const auto& v, const auto& w) { return v.x == w.x && v.y == w.y; };
  return a.name == b.name && same_vector(a.vectors_nm[0], b.vectors_nm[0]) &&
         same_vector(a.vectors_nm[1], b.vectors_nm[1]) &&
         std::equal(a.basis.begin(), a.basis.end(), b.basis.begin(), b.basis.end(),
                    [&](const BasisAtom& v, const BasisAtom& w) {
                      return same_vector(v.fraction, w.fraction) && v.species == w.species &&
                             v.intensity == w.intensity;
                    });
}

std::string MaterialsText(const Options& options) {
  return absl::StrCat("[",
                      absl::StrJoin(options.custom_materials, ",",
                                    [](std::string* out, const Material& material) {
                                      absl::StrAppend(out, material.name);
                                    }),
                      "]");
}

const std::array<Field, 2> kFileOnlyFields = {
    Field{"custom_materials", MaterialsText,
          [](const Options& a, const Options& b) {
            return std::equal(a.custom_materials.begin(), a.custom_materials.end(),
                              b.custom_materials.begin(), b.custom_materials.end(), SameMaterial);
          },
          [](const Options& from, Options& to) { to.custom_materials = from.custom_materials; }},
    MakeField<&Options::seed>("seed"),
};

template <size_t kSize>
std::vector<FieldChange> Compare(const std::array<Field, kSize>& fields, const Options& before,
                                 const Options& after) {
  std::vector<FieldChange> changes;
  for (const Field& field : fields) {
    if (field.same(before, after)) continue;
    changes.push_back({std::string(field.name), field.text(before), field.text(after)});
  }
  return changes;
}

}  // namespace

std::vector<std::string> LogStarFieldNames() {
  std::vector<std::string> names;
  for (const Field& field : kFields) names.emplace_back(field.name);
  return names;
}

absl::Status CopyFields(const std::vector<std::string>& names, const LogStarOptions& from,
                        LogStarOptions& to) {
  if (names.empty()) {
    return absl::InvalidArgumentError("update_mask: must name at least one field of log_star");
  }
  for (const std::string& name : names) {
    const auto field = std::find_if(kFields.begin(), kFields.end(),
                                    [&](const Field& f) { return f.name == name; });
    if (field != kFields.end()) {
      field->copy(from, to);
    } else if (name == "*") {
      for (const Field& each : kFields) each.copy(from, to);
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("update_mask = ", name, ": is no field of log_star; those are ",
                       absl::StrJoin(LogStarFieldNames(), ", "), ", or * for all"));
    }
  }
  return absl::OkStatus();
}

absl::Status CopyFileFields(const std::vector<std::string>& names, const LogStarOptions& from,
                            LogStarOptions& to) {
  for (const std::string& name : names) {
    const auto field = std::find_if(kFileOnlyFields.begin(), kFileOnlyFields.end(),
                                    [&](const Field& f) { return f.name == name; });
    if (field != kFileOnlyFields.end()) {
      field->copy(from, to);
    } else if (name != kPreferenceField) {
      RETURN_IF_ERROR(CopyFields({name == "time_budget_ms" ? "time_budget" : name}, from, to));
    }
  }
  return absl::OkStatus();
}

std::vector<FieldChange> CompareFields(const LogStarOptions& before, const LogStarOptions& after) {
  return Compare(kFields, before, after);
}

std::vector<FieldChange> CompareFileOnlyFields(const LogStarOptions& before,
                                               const LogStarOptions& after) {
  return Compare(kFileOnlyFields, before, after);
}

absl::Status ValidateFields(const LogStarOptions& options) {
  if (options.material != "auto") {
    const absl::Status known = FindMaterial(options.material, options.custom_materials).status();
    if (!known.ok()) {
      return absl::NotFoundError(
          absl::StrCat("log_star.material = ", options.material, ": ", known.message()));
    }
  }
  const absl::Status valid = ValidateLogStarOptions(options);
  if (valid.ok()) return valid;
  const std::string message =
      absl::StrReplaceAll(valid.message(), {{"window_stride = ", "window_stride_fraction = "},
                                            {"er_distance_d_nn = ", "er_distance_fraction = "}});
  return absl::InvalidArgumentError(absl::StrCat("log_star.", message));
}

absl::Status ValidateSelection(const SolutionChoice& selection) {
  const absl::Status valid = ValidateChoice(selection);
  if (valid.ok()) return valid;
  return absl::InvalidArgumentError(
      absl::StrReplaceAll(valid.message(), {{"choice.qc_weight", "selection.weights.qc"},
                                            {"choice.er_weight", "selection.weights.er"},
                                            {"choice.", "selection."}}));
}

std::string SelectionText(const SolutionChoice& selection) {
  const std::string name(ChoiceName(selection));
  switch (selection.kind) {
    case SolutionChoice::Kind::kPreference:
      return absl::StrCat(name, " ", selection.preference);
    case SolutionChoice::Kind::kIndex:
      return absl::StrCat(name, " ", selection.index);
    case SolutionChoice::Kind::kWeights:
      return absl::StrCat(name, " QC ", selection.qc_weight, ", ER ", selection.er_weight);
    default:
      return name;
  }
}

absl::string_view WindowModeName(WindowMode mode) {
  return mode == WindowMode::kMap ? "map" : "global";
}

}  // namespace atomstream
