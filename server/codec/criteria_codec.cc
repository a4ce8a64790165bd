#include "server/codec/criteria_codec.h"

#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/structure/site_kinds.h"
#include "core/target/criteria_check.h"
#include "server/codec/structure_codec.h"

namespace atomstream {
namespace {

constexpr int kMaxPatience = 1000;

template <typename Value>
absl::Status Bad(absl::string_view field, const Value& value, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(field, " = ", value, ": ", why));
}

absl::StatusOr<LengthUnit> UnitOf(v1::LengthUnit unit, const std::string& field) {
  switch (unit) {
    case v1::LENGTH_UNIT_UNSPECIFIED:
    case v1::LENGTH_UNIT_PIXELS:
      return LengthUnit::kPixels;
    case v1::LENGTH_UNIT_NANOMETRES:
      return LengthUnit::kNanometres;
    default:
      return Bad(field, static_cast<int>(unit), "is not known");
  }
}

absl::StatusOr<std::string> KindOf(int kind, const std::string& field) {
  for (const SiteKind known : kSiteKinds) {
    if (SiteKindToProto(known) == kind) return std::string(SiteKindName(known));
  }
  return Bad(field, kind, "is not a kind of site");
}

// Unset ends stay as they are in `range`.
template <typename RangeType>
void ReadRange(const v1::Range& proto, RangeType& range) {
  if (proto.has_min()) range.min = proto.min();
  if (proto.has_max()) range.max = proto.max();
}

absl::StatusOr<int> WholeNumber(double value, const std::string& field) {
  if (!(value >= 0 && value <= kMaxCoordination && value == std::floor(value))) {
    return Bad(field, value, absl::StrCat("must be a whole number in [0, ", kMaxCoordination, "]"));
  }
  return static_cast<int>(value);
}

class Reader {
 public:
  absl::StatusOr<Condition> Read(const v1::Condition& proto, const std::string& field, int depth) {
    if (++conditions_ > kMaxConditions) {
      return absl::InvalidArgumentError(
          absl::StrCat("criteria.where: more than ", kMaxConditions, " conditions"));
    }
    if (depth > kMaxConditionDepth) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, ": more than ", kMaxConditionDepth, " levels of conditions"));
    }
    switch (proto.condition_case()) {
      case v1::Condition::kAllOf: {
        AllOf all;
        ASSIGN_OR_RETURN(all.conditions, ReadList(proto.all_of(), field + ".all_of", depth));
        return Condition{std::move(all)};
      }
      case v1::Condition::kAnyOf: {
        AnyOf any;
        ASSIGN_OR_RETURN(any.conditions, ReadList(proto.any_of(), field + ".any_of", depth));
        return Condition{std::move(any)};
      }
      case v1::Condition::kNot: {
        ASSIGN_OR_RETURN(Condition negated, Read(proto.not_(), field + ".not", depth + 1));
        Not negation;
        negation.condition.push_back(std::move(negated));
        return Condition{std::move(negation)};
      }
      case v1::Condition::kCluster:
        return Condition{ClusterIn{{proto.cluster().ids().begin(), proto.cluster().ids().end()}}};
      case v1::Condition::kKind:
        return ReadKinds(proto.kind(), field + ".kind");
      case v1::Condition::kCoordination:
        return ReadCoordination(proto.coordination(), field + ".coordination");
      case v1::Condition::kClusterProbability:
        return ReadNumbers<ClusterProbabilityIn>(proto.cluster_probability());
      case v1::Condition::kIntensity:
        return ReadNumbers<IntensityIn>(proto.intensity());
      case v1::Condition::kConfidence:
        return ReadNumbers<ConfidenceIn>(proto.confidence());
      case v1::Condition::kHoleEdgeDistance:
        return ReadHoleEdge(proto.hole_edge_distance(), field + ".hole_edge_distance");
      case v1::Condition::kRectangle:
        return ReadRectangle(proto.rectangle(), field + ".rectangle");
      case v1::Condition::kCircle:
        return ReadCircle(proto.circle(), field + ".circle");
      case v1::Condition::CONDITION_NOT_SET:
        break;
    }
    return absl::InvalidArgumentError(absl::StrCat(field, ": no condition is set"));
  }

 private:
  absl::StatusOr<std::vector<Condition>> ReadList(const v1::ConditionList& proto,
                                                  const std::string& field, int depth) {
    std::vector<Condition> conditions;
    for (int i = 0; i < proto.conditions_size(); ++i) {
      ASSIGN_OR_RETURN(Condition condition,
                       Read(proto.conditions(i), absl::StrCat(field, "[", i, "]"), depth + 1));
      conditions.push_back(std::move(condition));
    }
    return conditions;
  }

  static absl::StatusOr<Condition> ReadKinds(const v1::SiteKindList& proto,
                                             const std::string& field) {
    KindIn in;
    for (int i = 0; i < proto.kinds_size(); ++i) {
      ASSIGN_OR_RETURN(std::string kind, KindOf(proto.kinds(i), absl::StrCat(field, "[", i, "]")));
      in.kinds.push_back(std::move(kind));
    }
    return Condition{std::move(in)};
  }

  static absl::StatusOr<Condition> ReadCoordination(const v1::Range& proto,
                                                    const std::string& field) {
    CoordinationIn in{.min = 0, .max = kMaxCoordination};
    if (proto.has_min()) {
      ASSIGN_OR_RETURN(in.min, WholeNumber(proto.min(), field + ".min"));
    }
    if (proto.has_max()) {
      ASSIGN_OR_RETURN(in.max, WholeNumber(proto.max(), field + ".max"));
    }
    return Condition{in};
  }

  template <typename In>
  static Condition ReadNumbers(const v1::Range& proto) {
    In in;
    ReadRange(proto, in);
    return Condition{in};
  }

  static absl::StatusOr<Condition> ReadHoleEdge(const v1::LengthRange& proto,
                                                const std::string& field) {
    HoleEdgeDistanceIn in;
    ReadRange(proto.range(), in);
    ASSIGN_OR_RETURN(in.unit, UnitOf(proto.unit(), field + ".unit"));
    return Condition{in};
  }

  static absl::StatusOr<Condition> ReadRectangle(const v1::Rectangle& proto,
                                                 const std::string& field) {
    InRectangle in{
        .left = proto.left(), .top = proto.top(), .right = proto.right(), .bottom = proto.bottom()};
    ASSIGN_OR_RETURN(in.unit, UnitOf(proto.unit(), field + ".unit"));
    return Condition{in};
  }

  static absl::StatusOr<Condition> ReadCircle(const v1::Circle& proto, const std::string& field) {
    InCircle in{.x = proto.x(), .y = proto.y(), .radius = proto.radius()};
    ASSIGN_OR_RETURN(in.unit, UnitOf(proto.unit(), field + ".unit"));
    return Condition{in};
  }

  int conditions_ = 0;
};

absl::StatusOr<TargetOrder> OrderOf(v1::TargetOrder order) {
  switch (order) {
    case v1::TARGET_ORDER_UNSPECIFIED:
    case v1::TARGET_ORDER_SCORE:
      return TargetOrder::kScore;
    case v1::TARGET_ORDER_SHORTEST_PATH:
      return TargetOrder::kShortestPath;
    default:
      return Bad("criteria.order", static_cast<int>(order), "is not known");
  }
}

}  // namespace

absl::StatusOr<CriteriaRequest> CriteriaFromProto(const v1::Criteria& proto) {
  CriteriaRequest request;
  Criteria& criteria = request.criteria;
  if (proto.has_where()) {
    Reader reader;
    ASSIGN_OR_RETURN(criteria.where, reader.Read(proto.where(), "criteria.where", 1));
  }
  criteria.min_spacing = proto.min_spacing();
  ASSIGN_OR_RETURN(criteria.min_spacing_unit,
                   UnitOf(proto.min_spacing_unit(), "criteria.min_spacing_unit"));
  if (proto.max_count() != 0) criteria.max_count = proto.max_count();
  if (criteria.max_count < 1 || criteria.max_count > Criteria::kMaxTargets) {
    return Bad("criteria.max_count", criteria.max_count,
               absl::StrCat("must be in [0, ", Criteria::kMaxTargets, "], where 0 is 100"));
  }
  ASSIGN_OR_RETURN(criteria.order, OrderOf(proto.order()));
  if (proto.has_patience_frames()) {
    request.patience_frames = proto.patience_frames();
    if (proto.patience_frames() < 0 || proto.patience_frames() > kMaxPatience) {
      return Bad("criteria.patience_frames", proto.patience_frames(),
                 absl::StrCat("must be in [0, ", kMaxPatience, "]"));
    }
  }
  return request;
}

}  // namespace atomstream
