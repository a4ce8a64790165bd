#include "client/cli/criteria_flags.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr char kKindPrefix[] = "SITE_KIND_";

absl::Status Refuse(absl::string_view flag, absl::string_view value, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("--", flag, " = ", value, ": ", why));
}

// Keeps the first error, with its place.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty())
      text_ = absl::StrCat("line ", line + 1, ", column ", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

absl::StatusOr<v1::Criteria> ReadFile(const std::string& path) {
  // A folder can be opened, and reads as if it were empty.
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return Refuse("criteria", path, "is a folder");
  }
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return Refuse("criteria", path, "cannot be read");
  v1::Criteria criteria;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(text.str(), &criteria)) {
    return Refuse("criteria", path, absl::StrCat("no textproto of Criteria: ", error.text()));
  }
  // The daemon could not read what is nested deeper than protobuf allows.
  if (!v1::Criteria().ParseFromString(criteria.SerializeAsString())) {
    return Refuse("criteria", path, "conditions are nested too deeply");
  }
  return criteria;
}

// "3", "2..4", "2..", "..4".
absl::StatusOr<v1::Range> RangeOf(absl::string_view flag, absl::string_view value) {
  v1::Range range;
  const std::vector<absl::string_view> ends = absl::StrSplit(value, absl::MaxSplits("..", 1));
  const auto read = [](absl::string_view text, double& end) {
    return absl::SimpleAtod(absl::StripAsciiWhitespace(text), &end);
  };
  double min = 0, max = 0;
  const bool has_min = read(ends.front(), min), has_max = read(ends.back(), max);
  const bool bad_min = !has_min && (ends.size() == 1 || !ends.front().empty());
  const bool bad_max = !has_max && (ends.size() == 1 || !ends.back().empty());
  if (bad_min || bad_max || (!has_min && !has_max)) {
    return Refuse(flag, value, "must be a number, or a range as 2..4, 2.. or ..4");
  }
  if (has_min) range.set_min(min);
  if (has_max) range.set_max(max);
  return range;
}

absl::StatusOr<std::vector<double>> NumbersOf(absl::string_view flag, absl::string_view value,
                                              size_t count, absl::string_view form) {
  std::vector<double> numbers;
  for (const absl::string_view text : absl::StrSplit(value, ',')) {
    double number = 0;
    if (!absl::SimpleAtod(absl::StripAsciiWhitespace(text), &number)) {
      return Refuse(flag, value, absl::StrCat("must be ", form));
    }
    numbers.push_back(number);
  }
  if (numbers.size() != count) return Refuse(flag, value, absl::StrCat("must be ", form));
  return numbers;
}

absl::Status AddKinds(absl::string_view value, v1::SiteKindList& list) {
  std::vector<std::string> known;
  for (int i = 1; i < v1::SiteKind_descriptor()->value_count(); ++i) {
    known.push_back(
        SiteKindName(static_cast<v1::SiteKind>(v1::SiteKind_descriptor()->value(i)->number())));
  }
  for (const absl::string_view text : absl::StrSplit(value, ',')) {
    const std::string name = absl::AsciiStrToUpper(absl::StripAsciiWhitespace(text));
    v1::SiteKind kind = v1::SITE_KIND_UNSPECIFIED;
    if (!v1::SiteKind_Parse(absl::StrCat(kKindPrefix, name), &kind) ||
        kind == v1::SITE_KIND_UNSPECIFIED) {
      return Refuse("kind", value, absl::StrCat("must be of ", absl::StrJoin(known, ", ")));
    }
    list.add_kinds(kind);
  }
  return absl::OkStatus();
}

absl::Status AddClusters(absl::string_view value, v1::ClusterList& list) {
  for (const absl::string_view text : absl::StrSplit(value, ',')) {
    int id = 0;
    if (!absl::SimpleAtoi(text, &id)) {
      return Refuse("cluster", value, "must be numbers, as 1 or 1,3");
    }
    list.add_ids(id);
  }
  return absl::OkStatus();
}

absl::Status AddRanges(const CriteriaFlags& flags, v1::ConditionList& all) {
  using Mutable = v1::Range* (v1::Condition::*)();
  const std::pair<std::pair<const char*, const std::string*>, Mutable> ranges[] = {
      {{"coordination", &flags.coordination}, &v1::Condition::mutable_coordination},
      {{"confidence", &flags.confidence}, &v1::Condition::mutable_confidence},
      {{"cluster_probability", &flags.cluster_probability},
       &v1::Condition::mutable_cluster_probability},
      {{"intensity", &flags.intensity}, &v1::Condition::mutable_intensity},
  };
  for (const auto& [flag, field] : ranges) {
    if (flag.second->empty()) continue;
    ASSIGN_OR_RETURN(const v1::Range range, RangeOf(flag.first, *flag.second));
    *(all.add_conditions()->*field)() = range;
  }
  if (!flags.hole_edge_px.empty()) {
    ASSIGN_OR_RETURN(const v1::Range range, RangeOf("hole_edge_px", flags.hole_edge_px));
    v1::LengthRange& length = *all.add_conditions()->mutable_hole_edge_distance();
    *length.mutable_range() = range;
    length.set_unit(v1::LENGTH_UNIT_PIXELS);
  }
  return absl::OkStatus();
}

absl::Status AddRegions(const CriteriaFlags& flags, v1::ConditionList& all) {
  if (!flags.rectangle_px.empty()) {
    ASSIGN_OR_RETURN(const std::vector<double> n,
                     NumbersOf("rectangle_px", flags.rectangle_px, 4, "LEFT,TOP,RIGHT,BOTTOM"));
    v1::Rectangle& rectangle = *all.add_conditions()->mutable_rectangle();
    rectangle.set_left(n[0]);
    rectangle.set_top(n[1]);
    rectangle.set_right(n[2]);
    rectangle.set_bottom(n[3]);
    rectangle.set_unit(v1::LENGTH_UNIT_PIXELS);
  }
  if (!flags.circle_px.empty()) {
    ASSIGN_OR_RETURN(const std::vector<double> n,
                     NumbersOf("circle_px", flags.circle_px, 3, "X,Y,RADIUS"));
    v1::Circle& circle = *all.add_conditions()->mutable_circle();
    circle.set_x(n[0]);
    circle.set_y(n[1]);
    circle.set_radius(n[2]);
    circle.set_unit(v1::LENGTH_UNIT_PIXELS);
  }
  return absl::OkStatus();
}

absl::Status SetSpacing(absl::string_view value, v1::Criteria& criteria) {
  absl::string_view number = value;
  v1::LengthUnit unit = v1::LENGTH_UNIT_UNSPECIFIED;
  if (absl::ConsumeSuffix(&number, "px")) unit = v1::LENGTH_UNIT_PIXELS;
  if (absl::ConsumeSuffix(&number, "nm")) unit = v1::LENGTH_UNIT_NANOMETRES;
  double spacing = 0;
  if (unit == v1::LENGTH_UNIT_UNSPECIFIED || !absl::SimpleAtod(number, &spacing)) {
    return Refuse("min_spacing", value, "must be a length as 20px or 0.5nm");
  }
  criteria.set_min_spacing(spacing);
  criteria.set_min_spacing_unit(unit);
  return absl::OkStatus();
}

}  // namespace

void CriteriaFlags::AddTo(FlagSet& flags) {
  flags.Add("criteria", &criteria, "file with a textproto of atomstream.v1.Criteria");
  flags.Add("kind", &kind,
            "site kinds, as dopant or hole_edge,vacancy_neighbour; empty: of any kind");
  flags.Add("cluster", &cluster, "clusters, as 1 or 1,3");
  flags.Add("coordination", &coordination, "number of bonds, as 3 or 2..3");
  flags.Add("confidence", &confidence, "how sure the detector is, as 0.8..");
  flags.Add("cluster_probability", &cluster_probability, "how sure the cluster is, as 0.9..");
  flags.Add("intensity", &intensity, "brightness, as 0.5..0.9");
  flags.Add("hole_edge_px", &hole_edge_px, "distance to the nearest hole's edge, as ..20");
  flags.Add("rectangle_px", &rectangle_px, "inside LEFT,TOP,RIGHT,BOTTOM");
  flags.Add("circle_px", &circle_px, "inside X,Y,RADIUS");
  flags.Add("min_spacing", &min_spacing, "least distance of two targets, as 20px or 0.5nm");
  flags.Add("max_count", &max_count, "at most this many targets; 0: 100");
  flags.Add("order", &order, "score, or path: a short way through all of them");
  flags.Add("patience_frames", &patience_frames,
            "withdraw a target after more frames than this without it; -1: as configured");
}

absl::StatusOr<v1::Criteria> CriteriaOf(const CriteriaFlags& flags) {
  v1::Criteria criteria;
  if (!flags.criteria.empty()) {
    ASSIGN_OR_RETURN(criteria, ReadFile(flags.criteria));
  }
  v1::ConditionList all;
  if (criteria.has_where()) *all.add_conditions() = criteria.where();
  if (!flags.kind.empty()) {
    RETURN_IF_ERROR(AddKinds(flags.kind, *all.add_conditions()->mutable_kind()));
  }
  if (!flags.cluster.empty()) {
    RETURN_IF_ERROR(AddClusters(flags.cluster, *all.add_conditions()->mutable_cluster()));
  }
  RETURN_IF_ERROR(AddRanges(flags, all));
  RETURN_IF_ERROR(AddRegions(flags, all));
  if (all.conditions_size() == 1) {
    const v1::Condition only = all.conditions(0);
    *criteria.mutable_where() = only;
  } else if (all.conditions_size() > 1) {
    *criteria.mutable_where()->mutable_all_of() = all;
  }
  if (!flags.min_spacing.empty()) RETURN_IF_ERROR(SetSpacing(flags.min_spacing, criteria));
  if (flags.max_count != 0) criteria.set_max_count(flags.max_count);
  if (flags.order == "score") {
    criteria.set_order(v1::TARGET_ORDER_SCORE);
  } else if (flags.order == "path") {
    criteria.set_order(v1::TARGET_ORDER_SHORTEST_PATH);
  } else if (!flags.order.empty()) {
    return Refuse("order", flags.order, "must be score or path");
  }
  if (flags.patience_frames < -1) {
    return Refuse("patience_frames", absl::StrCat(flags.patience_frames),
                  "must be in [0, 1000], or -1");
  }
  if (flags.patience_frames >= 0) criteria.set_patience_frames(flags.patience_frames);
  return criteria;
}

std::string SiteKindName(v1::SiteKind kind) {
  const std::string& name = v1::SiteKind_Name(kind);
  return absl::AsciiStrToLower(absl::StripPrefix(name, kKindPrefix));
}

}  // namespace atomstream
