#include "detectors/unet/model_manifest.h"

#include <algorithm>
#include <initializer_list>
#include <numbers>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "core/base/status_macros.h"
#include "detectors/unet/golden_scale.h"
#include "detectors/unet/model_files.h"
#include "nlohmann/json.hpp"

namespace atomstream {
namespace {

using Json = nlohmann::json;

constexpr char kManifestName[] = "manifest.json";
constexpr char kManifestSumName[] = "manifest.json.sha256";
constexpr int kFormatVersion = 1;
constexpr int kMaxDepth = 32;  // of the JSON; what is read is four deep, the rest is free-form
constexpr int kMaxNameLength = 64;
constexpr int kMaxTextLength = 256;
constexpr int kMaxMembers = 16;
// Of d_NN squared: a disk that touches its neighbours. A greater bump would be two atoms'.
constexpr double kMaxAtomArea = std::numbers::pi / 4;
constexpr double kMinScale = 2, kMaxScale = 100;
// The smallest tile; a power of two that divides it divides all of them.
constexpr int kMaxSizeMultiple = 128;
constexpr int kMinGoldenSide = 16, kMaxGoldenSide = 1024;
// More would let a network pass that finds other atoms.
constexpr double kMaxTolerance = 0.2;

// What an error says that a field is. Containers are only named: their content may be large.
std::string Shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > 80) text = text.substr(0, 77) + "…";
  return text;
}

absl::Status FieldError(absl::string_view field, const Json& value, absl::string_view must) {
  return absl::InvalidArgumentError(
      absl::StrCat(kManifestName, ": ", field, " is ", Shown(value), ", must be ", must));
}

// One object of the manifest and its path in there ("input", "members[0].script").
class Fields {
 public:
  Fields(const Json& object, std::string path) : object_(object), path_(std::move(path)) {}

  // The object has exactly the fields `names`.
  absl::Status CheckNames(std::initializer_list<absl::string_view> names) const {
    if (!object_.is_object()) {
      return FieldError(path_.empty() ? "the whole" : path_, object_, "an object");
    }
    for (const absl::string_view name : names) {
      if (!object_.contains(std::string(name))) {
        return absl::InvalidArgumentError(
            absl::StrCat(kManifestName, ": ", PathOf(name), " is missing"));
      }
    }
    for (const auto& item : object_.items()) {
      bool known = false;
      for (const absl::string_view name : names) known = known || name == item.key();
      if (known) continue;
      return absl::InvalidArgumentError(absl::StrCat(kManifestName, ": ", PathOf(item.key()),
                                                     " is no known field; known are ",
                                                     absl::StrJoin(names, ", ")));
    }
    return absl::OkStatus();
  }

  std::string PathOf(absl::string_view name) const {
    return path_.empty() ? std::string(name) : absl::StrCat(path_, ".", name);
  }
  const Json& Value(absl::string_view name) const { return object_.at(std::string(name)); }
  Fields Object(absl::string_view name) const { return Fields(Value(name), PathOf(name)); }

  absl::StatusOr<std::string> Text(absl::string_view name, int max_length) const {
    const Json& value = Value(name);
    if (!value.is_string() || value.get_ref<const std::string&>().empty() ||
        value.get_ref<const std::string&>().size() > static_cast<size_t>(max_length)) {
      return FieldError(PathOf(name), value,
                        absl::StrCat("a text of 1 to ", max_length, " characters"));
    }
    return value.get<std::string>();
  }

  // Of letters, digits, '.', '_' and '-', the first a letter or digit: no folder, no hidden file.
  absl::StatusOr<std::string> PlainName(absl::string_view name) const {
    ASSIGN_OR_RETURN(const std::string text, Text(name, kMaxNameLength));
    const auto plain = [](char c) {
      return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
    };
    if (!absl::ascii_isalnum(text.front()) || !std::all_of(text.begin(), text.end(), plain)) {
      return FieldError(PathOf(name), Value(name),
                        "of letters, digits, '.', '_' and '-' and begin with a letter or digit");
    }
    return text;
  }

  absl::StatusOr<int> Integer(absl::string_view name, int least, int most) const {
    const Json& value = Value(name);
    if (!value.is_number_integer() || value.get<double>() < least || value.get<double>() > most) {
      return FieldError(PathOf(name), value,
                        absl::StrCat("a whole number from ", least, " to ", most));
    }
    return value.get<int>();
  }

  absl::StatusOr<double> Number(absl::string_view name) const {
    const Json& value = Value(name);
    if (!value.is_number()) return FieldError(PathOf(name), value, "a number");
    return value.get<double>();
  }

  absl::StatusOr<std::string> OneOf(absl::string_view name,
                                    std::initializer_list<absl::string_view> choices) const {
    const Json& value = Value(name);
    for (const absl::string_view choice : choices) {
      if (value.is_string() && value.get_ref<const std::string&>() == choice) {
        return std::string(choice);
      }
    }
    return FieldError(PathOf(name), value,
                      absl::StrCat("one of \"", absl::StrJoin(choices, "\", \""), "\""));
  }

  absl::StatusOr<ModelFile> File(absl::string_view name) const {
    const Fields fields = Object(name);
    RETURN_IF_ERROR(fields.CheckNames({"file", "sha256"}));
    ModelFile file;
    ASSIGN_OR_RETURN(file.name, fields.PlainName("file"));
    ASSIGN_OR_RETURN(file.sha256, fields.Text("sha256", 64));
    if (!IsSha256Hex(file.sha256)) {
      return FieldError(fields.PathOf("sha256"), fields.Value("sha256"),
                        "64 lower-case hexadecimal digits");
    }
    return file;
  }

 private:
  const Json& object_;
  const std::string path_;
};

// Refuses what is no JSON, is nested too deeply or names a field twice (of which the library would
// keep the last without a word).
absl::StatusOr<Json> ParseStrictly(const std::string& text) {
  std::vector<std::set<std::string>> open_objects;
  std::string complaint;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kMaxDepth && complaint.empty()) {
      complaint = absl::StrCat("is nested more than ", kMaxDepth, " deep");
    }
    if (event == Json::parse_event_t::object_start) open_objects.emplace_back();
    if (event == Json::parse_event_t::object_end) open_objects.pop_back();
    if (event == Json::parse_event_t::key && !open_objects.back().insert(parsed).second &&
        complaint.empty()) {
      complaint = absl::StrCat("has the field ", Shown(parsed), " twice in one object");
    }
    return true;
  };
  try {
    Json json = Json::parse(text, watch);
    if (complaint.empty()) return json;
  } catch (const std::exception& e) {
    complaint = absl::StrCat("is no JSON: ", e.what());
  }
  return absl::InvalidArgumentError(absl::StrCat(kManifestName, " ", complaint));
}

absl::Status ReadInput(const Fields& input, ModelManifest& manifest) {
  RETURN_IF_ERROR(input.CheckNames({"scale_px_per_d_nn", "size_multiple_px", "normalisation"}));
  ASSIGN_OR_RETURN(manifest.scale_px_per_d_nn, input.Number("scale_px_per_d_nn"));
  if (!(manifest.scale_px_per_d_nn >= kMinScale && manifest.scale_px_per_d_nn <= kMaxScale)) {
    return FieldError(input.PathOf("scale_px_per_d_nn"), input.Value("scale_px_per_d_nn"),
                      absl::StrCat("from ", kMinScale, " to ", kMaxScale));
  }
  ASSIGN_OR_RETURN(manifest.size_multiple_px,
                   input.Integer("size_multiple_px", 1, kMaxSizeMultiple));
  if ((manifest.size_multiple_px & (manifest.size_multiple_px - 1)) != 0) {
    return FieldError(input.PathOf("size_multiple_px"), input.Value("size_multiple_px"),
                      "a power of two");
  }
  ASSIGN_OR_RETURN(const std::string normalisation,
                   input.OneOf("normalisation", {"quantile", "min_max"}));
  manifest.normalisation =
      normalisation == "quantile" ? InputNormalisation::kQuantile : InputNormalisation::kMinMax;
  return absl::OkStatus();
}

// After the input: the scale bounds an atom's area.
absl::Status ReadOutput(const Fields& output, ModelManifest& manifest) {
  RETURN_IF_ERROR(output.CheckNames({"kind", "threshold", "atom_area_px2"}));
  ASSIGN_OR_RETURN(const std::string kind, output.OneOf("kind", {"logit", "probability"}));
  manifest.output = kind == "logit" ? ModelOutput::kLogit : ModelOutput::kProbability;
  ASSIGN_OR_RETURN(manifest.threshold, output.Number("threshold"));
  ASSIGN_OR_RETURN(manifest.atom_area_px2, output.Number("atom_area_px2"));
  const double most = kMaxAtomArea * manifest.scale_px_per_d_nn * manifest.scale_px_per_d_nn;
  if (!(manifest.atom_area_px2 >= 0 && manifest.atom_area_px2 <= most)) {
    return FieldError(output.PathOf("atom_area_px2"), output.Value("atom_area_px2"),
                      absl::StrCat("from 0 (unknown) to ", most, ": a disk of input.",
                                   "scale_px_per_d_nn across"));
  }
  if (!(manifest.threshold >= 0 && manifest.threshold < 1) ||
      (manifest.threshold == 0 && manifest.atom_area_px2 == 0)) {
    return FieldError(output.PathOf("threshold"), output.Value("threshold"),
                      "above 0 and below 1, or 0 where atom_area_px2 is known");
  }
  return absl::OkStatus();
}

absl::Status ReadGolden(const Fields& golden, ModelManifest& manifest) {
  RETURN_IF_ERROR(golden.CheckNames({"input", "width_px", "height_px", "tolerance"}));
  ASSIGN_OR_RETURN(manifest.golden_input, golden.File("input"));
  for (auto [name, side] : {std::pair("width_px", &manifest.golden_width_px),
                            std::pair("height_px", &manifest.golden_height_px)}) {
    ASSIGN_OR_RETURN(*side, golden.Integer(name, kMinGoldenSide, kMaxGoldenSide));
    if (*side % manifest.size_multiple_px != 0) {
      return FieldError(
          golden.PathOf(name), golden.Value(name),
          absl::StrCat("a multiple of input.size_multiple_px, ", manifest.size_multiple_px));
    }
  }
  ASSIGN_OR_RETURN(manifest.golden_tolerance, golden.Number("tolerance"));
  if (!(manifest.golden_tolerance > 0 && manifest.golden_tolerance <= kMaxTolerance)) {
    return FieldError(golden.PathOf("tolerance"), golden.Value("tolerance"),
                      absl::StrCat("above 0 and at most ", kMaxTolerance));
  }
  return absl::OkStatus();
}

absl::Status ReadMembers(const Json& members, ModelManifest& manifest) {
  if (!members.is_array() || members.empty() || members.size() > kMaxMembers) {
    return FieldError("members", members,
                      absl::StrCat("an array of 1 to ", kMaxMembers, " objects"));
  }
  for (size_t i = 0; i < members.size(); ++i) {
    const Fields fields(members[i], absl::StrCat("members[", i, "]"));
    RETURN_IF_ERROR(fields.CheckNames({"script", "golden_output"}));
    ModelMember member;
    ASSIGN_OR_RETURN(member.script, fields.File("script"));
    ASSIGN_OR_RETURN(member.golden_output, fields.File("golden_output"));
    manifest.members.push_back(std::move(member));
  }
  return absl::OkStatus();
}

// What only people read: there, and of its kind.
absl::Status CheckRecords(const Fields& top) {
  if (!top.Value("training").is_object()) {
    return FieldError("training", top.Value("training"), "an object");
  }
  const Json& validation = top.Value("validation");
  if (!validation.is_array()) return FieldError("validation", validation, "an array of objects");
  for (size_t i = 0; i < validation.size(); ++i) {
    if (!validation[i].is_object()) {
      return FieldError(absl::StrCat("validation[", i, "]"), validation[i], "an object");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ModelManifest> ParseManifest(const std::string& text) {
  ASSIGN_OR_RETURN(const Json json, ParseStrictly(text));
  const Fields top(json, "");
  // The version first: of another one, other fields are to be expected.
  if (json.is_object() && json.contains("format_version") &&
      json.at("format_version") != kFormatVersion) {
    return FieldError("format_version", json.at("format_version"), absl::StrCat(kFormatVersion));
  }
  RETURN_IF_ERROR(top.CheckNames({"format_version", "name", "architecture", "input", "output",
                                  "golden", "members", "training", "validation"}));
  RETURN_IF_ERROR(top.Integer("format_version", kFormatVersion, kFormatVersion).status());
  ModelManifest manifest;
  ASSIGN_OR_RETURN(manifest.name, top.PlainName("name"));
  ASSIGN_OR_RETURN(manifest.architecture, top.Text("architecture", kMaxTextLength));
  RETURN_IF_ERROR(ReadInput(top.Object("input"), manifest));
  RETURN_IF_ERROR(ReadOutput(top.Object("output"), manifest));
  RETURN_IF_ERROR(ReadGolden(top.Object("golden"), manifest));
  RETURN_IF_ERROR(ReadMembers(top.Value("members"), manifest));
  RETURN_IF_ERROR(CheckRecords(top));
  return manifest;
}

// Exactly what `sha256sum manifest.json` prints.
absl::Status CheckManifestSum(const std::string& folder, const std::string& measured) {
  ASSIGN_OR_RETURN(const std::string line,
                   ReadBoundedFile(folder, kManifestSumName, kMaxManifestBytes));
  const std::string sum = line.substr(0, 64);
  if (!IsSha256Hex(sum) || line != absl::StrCat(sum, "  ", kManifestName, "\n")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", kManifestSumName, "' is not one line '<64 lower-case hexadecimal digits>  ",
        kManifestName, "' as sha256sum writes it"));
  }
  if (sum == measured) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("'", kManifestName, "' has the sha256 ", measured,
                                          ", but '", kManifestSumName, "' says ", sum,
                                          ": it was changed or damaged"));
}

absl::Status CheckFiles(const std::string& folder, const ModelManifest& manifest) {
  ASSIGN_OR_RETURN(const Image input, LoadGolden(folder, manifest, manifest.golden_input));
  for (const ModelMember& member : manifest.members) {
    RETURN_IF_ERROR(ReadModelFile(folder, member.script).status());
    ASSIGN_OR_RETURN(const Image output, LoadGolden(folder, manifest, member.golden_output));
    double least = 0, greatest = 0;
    cv::minMaxLoc(output, &least, &greatest);
    if (least < 0 || greatest > 1) {
      return absl::InvalidArgumentError(absl::StrCat("'", member.golden_output.name,
                                                     "' has values from ", least, " to ", greatest,
                                                     ", must be probabilities from 0 to 1"));
    }
  }
  return CheckGoldenScale(input, manifest.scale_px_per_d_nn);
}

}  // namespace

ModelInfo ModelManifest::info() const {
  ModelInfo info;
  info.id = absl::StrCat(name, "@", sha256.substr(0, 12));
  info.members = static_cast<int>(members.size());
  info.scale_px_per_d_nn = scale_px_per_d_nn;
  info.atom_area_px2 = atom_area_px2;
  info.threshold = threshold;
  info.normalisation = normalisation;
  return info;
}

absl::StatusOr<ModelManifest> LoadModelManifest(const std::string& folder) {
  return CatchToStatus("model manifest", [&]() -> absl::StatusOr<ModelManifest> {
    ASSIGN_OR_RETURN(const std::string text,
                     ReadBoundedFile(folder, kManifestName, kMaxManifestBytes));
    const std::string sha256 = Sha256Hex(text);
    RETURN_IF_ERROR(CheckManifestSum(folder, sha256));
    ASSIGN_OR_RETURN(ModelManifest manifest, ParseManifest(text));
    manifest.sha256 = sha256;
    RETURN_IF_ERROR(CheckFiles(folder, manifest));
    return manifest;
  });
}

}  // namespace atomstream
