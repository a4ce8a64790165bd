#include "core/target/criteria_check.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status_macros.h"
#include "core/target/contradiction.h"

namespace atomstream {
namespace {

constexpr size_t kNamesShown = 16;

template <typename Value>
absl::Status Bad(absl::string_view field, const Value& value, absl::string_view must) {
  return absl::InvalidArgumentError(absl::StrCat(field, " = ", value, ": ", must));
}

// The known names, not more than fit on a line.
template <typename Names>
std::string Shown(const Names& names) {
  if (names.empty()) return "none is known";
  const size_t count = std::min(names.size(), kNamesShown);
  const Names first(names.begin(), names.begin() + count);
  return absl::StrCat("known are ", absl::StrJoin(first, ", "), count < names.size() ? ", …" : "");
}

class Checker {
 public:
  explicit Checker(const CriteriaContext& context) : context_(context) {}

  absl::Status Check(const Condition& condition, const std::string& field, int depth) {
    if (++conditions_ > kMaxConditions) {
      return absl::InvalidArgumentError(
          absl::StrCat("criteria.where: more than ", kMaxConditions, " conditions"));
    }
    if (depth > kMaxConditionDepth) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, ": more than ", kMaxConditionDepth, " levels of conditions"));
    }
    return std::visit([&](const auto& value) { return CheckValue(value, field, depth); },
                      condition.value);
  }

  absl::Status CheckUnit(LengthUnit unit, double value, const std::string& field) const {
    if (unit == LengthUnit::kPixels) return absl::OkStatus();
    if (unit != LengthUnit::kNanometres) {
      return Bad(absl::StrCat(field, ".unit"), static_cast<int>(unit), "unknown unit");
    }
    if (context_.pixel_size_nm > 0) return absl::OkStatus();
    return Bad(field, absl::StrCat(value, " nm"), "the pixel size is unknown: give it in px");
  }

 private:
  absl::Status CheckList(const std::vector<Condition>& list, const std::string& field, int depth) {
    for (size_t i = 0; i < list.size(); ++i) {
      RETURN_IF_ERROR(Check(list[i], absl::StrCat(field, "[", i, "]"), depth + 1));
    }
    return absl::OkStatus();
  }
  absl::Status CheckValue(const AllOf& all, const std::string& field, int depth) {
    return CheckList(all.conditions, absl::StrCat(field, ".all_of"), depth);
  }
  absl::Status CheckValue(const AnyOf& any, const std::string& field, int depth) {
    if (any.conditions.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(field, ".any_of: is empty, matches nothing"));
    }
    return CheckList(any.conditions, absl::StrCat(field, ".any_of"), depth);
  }
  absl::Status CheckValue(const Not& negation, const std::string& field, int depth) {
    if (negation.condition.size() != 1) {
      return Bad(absl::StrCat(field, ".not: number of conditions"), negation.condition.size(),
                 "must be 1");
    }
    return Check(negation.condition.front(), absl::StrCat(field, ".not"), depth + 1);
  }

  template <typename Name>
  static absl::Status CheckNames(const std::vector<Name>& names, const std::vector<Name>& known,
                                 const std::string& field) {
    if (names.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(field, ": is empty, matches nothing"));
    }
    for (const Name& name : names) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        return Bad(field, name, Shown(known));
      }
    }
    return absl::OkStatus();
  }
  absl::Status CheckValue(const ClusterIn& in, const std::string& field, int) {
    return CheckNames(in.clusters, context_.clusters, absl::StrCat(field, ".cluster"));
  }
  absl::Status CheckValue(const KindIn& in, const std::string& field, int) {
    return CheckNames(in.kinds, context_.kinds, absl::StrCat(field, ".kind"));
  }

  // Both ends in [low, high], infinity allowed where low or high is infinite.
  template <typename Value>
  static absl::Status CheckRange(Value min, Value max, Value low, Value high,
                                 const std::string& field) {
    const std::string must = std::isinf(low) ? std::string("must be a number")
                             : std::isinf(high)
                                 ? absl::StrCat("must be at least ", low)
                                 : absl::StrCat("must be in [", low, ", ", high, "]");
    if (!(min >= low && min <= high)) return Bad(absl::StrCat(field, ".min"), min, must);
    if (!(max >= low && max <= high)) return Bad(absl::StrCat(field, ".max"), max, must);
    if (min <= max) return absl::OkStatus();
    return Bad(absl::StrCat(field, ".min"), min,
               absl::StrCat("must not exceed max = ", max, ": matches nothing"));
  }
  absl::Status CheckValue(const CoordinationIn& in, const std::string& field, int) {
    return CheckRange(in.min, in.max, 0, kMaxCoordination, absl::StrCat(field, ".coordination"));
  }
  absl::Status CheckValue(const ClusterProbabilityIn& in, const std::string& field, int) {
    if (context_.clusters.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, ".cluster_probability: no cluster is known: matches nothing"));
    }
    return CheckRange(in.min, in.max, 0.0, 1.0, absl::StrCat(field, ".cluster_probability"));
  }
  absl::Status CheckValue(const ConfidenceIn& in, const std::string& field, int) {
    return CheckRange(in.min, in.max, 0.0, 1.0, absl::StrCat(field, ".confidence"));
  }
  absl::Status CheckValue(const IntensityIn& in, const std::string& field, int) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return CheckRange(in.min, in.max, -kInfinity, kInfinity, absl::StrCat(field, ".intensity"));
  }
  absl::Status CheckValue(const HoleEdgeDistanceIn& in, const std::string& field, int) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const std::string name = absl::StrCat(field, ".hole_edge_distance");
    RETURN_IF_ERROR(CheckUnit(in.unit, in.min, name));
    return CheckRange(in.min, in.max, 0.0, kInfinity, name);
  }

  static absl::Status CheckFinite(double value, const std::string& field) {
    return std::isfinite(value) ? absl::OkStatus() : Bad(field, value, "must be finite");
  }
  absl::Status CheckValue(const InRectangle& in, const std::string& field, int) {
    const std::string name = absl::StrCat(field, ".rectangle");
    RETURN_IF_ERROR(CheckUnit(in.unit, in.left, name));
    RETURN_IF_ERROR(CheckFinite(in.left, absl::StrCat(name, ".left")));
    RETURN_IF_ERROR(CheckFinite(in.top, absl::StrCat(name, ".top")));
    RETURN_IF_ERROR(CheckFinite(in.right, absl::StrCat(name, ".right")));
    RETURN_IF_ERROR(CheckFinite(in.bottom, absl::StrCat(name, ".bottom")));
    if (in.left >= in.right) {
      return Bad(absl::StrCat(name, ".left"), in.left,
                 absl::StrCat("must be less than right = ", in.right, ": the region is empty"));
    }
    if (in.top >= in.bottom) {
      return Bad(absl::StrCat(name, ".top"), in.top,
                 absl::StrCat("must be less than bottom = ", in.bottom, ": the region is empty"));
    }
    const double unit = ToPixels(1, in.unit, context_);
    if (in.left * unit > context_.width_px || in.top * unit > context_.height_px ||
        in.right * unit < -1 || in.bottom * unit < -1) {
      return OutsideFrame(absl::StrCat(name, " = [", in.left, ", ", in.right, "] x [", in.top, ", ",
                                       in.bottom, "]"));
    }
    return absl::OkStatus();
  }
  absl::Status CheckValue(const InCircle& in, const std::string& field, int) {
    const std::string name = absl::StrCat(field, ".circle");
    RETURN_IF_ERROR(CheckUnit(in.unit, in.radius, name));
    RETURN_IF_ERROR(CheckFinite(in.x, absl::StrCat(name, ".x")));
    RETURN_IF_ERROR(CheckFinite(in.y, absl::StrCat(name, ".y")));
    RETURN_IF_ERROR(CheckFinite(in.radius, absl::StrCat(name, ".radius")));
    if (in.radius <= 0) {
      return Bad(absl::StrCat(name, ".radius"), in.radius, "must be > 0: the region is empty");
    }
    const double unit = ToPixels(1, in.unit, context_);
    const double x = in.x * unit, y = in.y * unit;
    const double dx = x - std::clamp(x, -1.0, static_cast<double>(context_.width_px));
    const double dy = y - std::clamp(y, -1.0, static_cast<double>(context_.height_px));
    if (std::hypot(dx, dy) > in.radius * unit) {
      return OutsideFrame(
          absl::StrCat(name, " = radius ", in.radius, " around (", in.x, ", ", in.y, ")"));
    }
    return absl::OkStatus();
  }
  absl::Status OutsideFrame(const std::string& what) const {
    return absl::InvalidArgumentError(absl::StrCat(what, ": outside the frame of ",
                                                   context_.width_px, " x ", context_.height_px,
                                                   " px, matches nothing"));
  }

  const CriteriaContext& context_;
  int conditions_ = 0;
};

}  // namespace

absl::Status CheckCriteria(const Criteria& criteria, const CriteriaContext& context) {
  Checker checker(context);
  RETURN_IF_ERROR(checker.Check(criteria.where, "criteria.where", 1));
  const double spacing = criteria.min_spacing;
  RETURN_IF_ERROR(checker.CheckUnit(criteria.min_spacing_unit, spacing, "criteria.min_spacing"));
  const double diagonal = std::hypot(context.width_px, context.height_px);
  if (!(spacing >= 0 && ToPixels(spacing, criteria.min_spacing_unit, context) <= diagonal)) {
    return Bad("criteria.min_spacing", spacing,
               absl::StrCat("must be in [0, the frame's diagonal of ", diagonal, " px]"));
  }
  if (criteria.max_count < 1 || criteria.max_count > Criteria::kMaxTargets) {
    return Bad("criteria.max_count", criteria.max_count,
               absl::StrCat("must be in [1, ", Criteria::kMaxTargets, "]"));
  }
  if (criteria.order != TargetOrder::kScore && criteria.order != TargetOrder::kShortestPath) {
    return Bad("criteria.order", static_cast<int>(criteria.order), "unknown order");
  }
  if (criteria.path_start.has_value()) {
    const PointPx start = *criteria.path_start;
    if (!(start.x_px >= -0.5 && start.x_px <= context.width_px - 0.5 && start.y_px >= -0.5 &&
          start.y_px <= context.height_px - 0.5)) {
      return Bad("criteria.path_start", absl::StrCat("(", start.x_px, ", ", start.y_px, ")"),
                 absl::StrCat("must lie in the frame of ", context.width_px, " x ",
                              context.height_px, " px"));
    }
  }
  return FindContradiction(criteria.where, context);
}

}  // namespace atomstream
