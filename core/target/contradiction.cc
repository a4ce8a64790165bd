#include "core/target/contradiction.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

constexpr size_t kMaxTerms = 4096;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A condition on one property, or its opposite.
struct Literal {
  const Condition* condition;
  bool negated;
};
using Term = std::vector<Literal>;  // all of these

absl::Status TooMany() {
  return absl::InvalidArgumentError(absl::StrCat("criteria.where: more than ", kMaxTerms,
                                                 " combinations of any_of: write fewer of them"));
}

absl::StatusOr<std::vector<Term>> Expand(const Condition& condition, bool negated);

absl::StatusOr<std::vector<Term>> ExpandEach(const std::vector<Condition>& list, bool negated) {
  std::vector<Term> terms;
  for (const Condition& condition : list) {
    ASSIGN_OR_RETURN(std::vector<Term> more, Expand(condition, negated));
    if (terms.size() + more.size() > kMaxTerms) return TooMany();
    terms.insert(terms.end(), more.begin(), more.end());
  }
  return terms;
}

absl::StatusOr<std::vector<Term>> ExpandProduct(const std::vector<Condition>& list, bool negated) {
  std::vector<Term> terms{Term()};
  for (const Condition& condition : list) {
    ASSIGN_OR_RETURN(const std::vector<Term> factors, Expand(condition, negated));
    if (terms.size() * factors.size() > kMaxTerms) return TooMany();
    std::vector<Term> product;
    for (const Term& term : terms) {
      for (const Term& factor : factors) {
        product.push_back(term);
        product.back().insert(product.back().end(), factor.begin(), factor.end());
      }
    }
    terms = std::move(product);
  }
  return terms;
}

// Any of these terms; none of them: never.
absl::StatusOr<std::vector<Term>> Expand(const Condition& condition, bool negated) {
  if (const auto* all = std::get_if<AllOf>(&condition.value)) {
    return negated ? ExpandEach(all->conditions, true) : ExpandProduct(all->conditions, false);
  }
  if (const auto* any = std::get_if<AnyOf>(&condition.value)) {
    return negated ? ExpandProduct(any->conditions, true) : ExpandEach(any->conditions, false);
  }
  if (const auto* negation = std::get_if<Not>(&condition.value)) {
    return Expand(negation->condition.front(), !negated);
  }
  return std::vector<Term>{{Literal{&condition, negated}}};
}

absl::string_view UnitName(LengthUnit unit) { return unit == LengthUnit::kPixels ? "px" : "nm"; }

struct Describe {
  std::string operator()(const ClusterIn& in) const {
    return absl::StrCat("cluster in {", absl::StrJoin(in.clusters, ", "), "}");
  }
  std::string operator()(const KindIn& in) const {
    return absl::StrCat("kind in {", absl::StrJoin(in.kinds, ", "), "}");
  }
  std::string operator()(const CoordinationIn& in) const { return Range("coordination", in); }
  std::string operator()(const ClusterProbabilityIn& in) const {
    return Range("cluster_probability", in);
  }
  std::string operator()(const ConfidenceIn& in) const { return Range("confidence", in); }
  std::string operator()(const IntensityIn& in) const { return Range("intensity", in); }
  std::string operator()(const HoleEdgeDistanceIn& in) const {
    return absl::StrCat(Range("hole_edge_distance", in), " ", UnitName(in.unit));
  }
  std::string operator()(const InRectangle& in) const {
    return absl::StrCat("in the rectangle [", in.left, ", ", in.right, "] x [", in.top, ", ",
                        in.bottom, "] ", UnitName(in.unit));
  }
  std::string operator()(const InCircle& in) const {
    return absl::StrCat("in the circle of radius ", in.radius, " around (", in.x, ", ", in.y, ") ",
                        UnitName(in.unit));
  }
  template <typename Group>
  std::string operator()(const Group&) const {
    return "a group of conditions";  // never a literal
  }
  template <typename In>
  static std::string Range(absl::string_view name, const In& in) {
    return absl::StrCat(name, " in [", in.min, ", ", in.max, "]");
  }
};

std::string DescribeLiteral(const Literal& literal) {
  return absl::StrCat(literal.negated ? "not " : "",
                      std::visit(Describe(), literal.condition->value));
}

// The term's conditions on one property.
template <typename Property>
std::vector<std::pair<const Property*, bool>> Of(const Term& term) {
  std::vector<std::pair<const Property*, bool>> found;
  for (const Literal& literal : term) {
    if (const auto* value = std::get_if<Property>(&literal.condition->value)) {
      found.emplace_back(value, literal.negated);
    }
  }
  return found;
}

// Whether names are left. A site without the property meets every negation, so that only a positive
// condition can fail.
template <typename Property, typename Names>
bool NamesMeet(const Term& term, Names Property::*names) {
  std::optional<Names> left;
  const auto conditions = Of<Property>(term);
  for (const auto& [value, negated] : conditions) {
    if (!negated && !left.has_value()) left = value->*names;
  }
  if (!left.has_value()) return true;
  for (const auto& [value, negated] : conditions) {
    const Names& listed = value->*names;
    std::erase_if(*left, [&](const auto& name) {
      return (std::find(listed.begin(), listed.end(), name) != listed.end()) == negated;
    });
  }
  return !left->empty();
}

// Whether numbers are left of [low, high]. `gap`: the distance of neighbouring numbers, 1 for whole
// ones, else 0. `may_lack`: sites without the property exist and meet every negation.
template <typename Property>
bool NumbersMeet(const Term& term, double low, double high, double gap, bool may_lack,
                 double (*scale)(const Property&, const CriteriaContext&),
                 const CriteriaContext& context) {
  std::vector<std::pair<double, double>> excluded;
  bool positive = false;
  for (const auto& [value, negated] : Of<Property>(term)) {
    const double unit = scale(*value, context);
    if (negated) {
      excluded.emplace_back(value->min * unit, value->max * unit);
    } else {
      positive = true;
      low = std::max<double>(low, value->min * unit);
      high = std::min<double>(high, value->max * unit);
    }
  }
  if (low > high) return false;
  if (!positive && may_lack) return true;
  std::sort(excluded.begin(), excluded.end());
  // Everything up to `next` (`next` itself included, if `closed`) is excluded.
  double next = low;
  bool closed = false;
  for (const auto& [from, to] : excluded) {
    if (to < low) continue;
    if (closed ? from > next + gap : from > next) return true;
    next = std::max(next, to);
    closed = true;
    if (next >= high) return false;
  }
  return true;
}

template <typename Property>
double Unscaled(const Property&, const CriteriaContext&) {
  return 1;
}
double InPixels(const HoleEdgeDistanceIn& in, const CriteriaContext& context) {
  return ToPixels(1, in.unit, context);
}

// A rectangle, or a circle if radius > 0; px.
struct Region {
  double left, top, right, bottom;
  double x = 0, y = 0, radius = 0;
};

Region Rectangle(double left, double top, double right, double bottom) {
  return {left, top, right, bottom};
}

Region ToRegion(const InRectangle& in, const CriteriaContext& context) {
  const double unit = ToPixels(1, in.unit, context);
  return Rectangle(in.left * unit, in.top * unit, in.right * unit, in.bottom * unit);
}

Region ToRegion(const InCircle& in, const CriteriaContext& context) {
  const double unit = ToPixels(1, in.unit, context);
  const double x = in.x * unit, y = in.y * unit, r = in.radius * unit;
  return {x - r, y - r, x + r, y + r, x, y, r};
}

bool Overlap(const Region& a, const Region& b) {
  if (a.radius > 0 && b.radius > 0) return std::hypot(a.x - b.x, a.y - b.y) <= a.radius + b.radius;
  if (b.radius > 0) return Overlap(b, a);
  if (a.radius > 0) {
    return std::hypot(a.x - std::clamp(a.x, b.left, b.right),
                      a.y - std::clamp(a.y, b.top, b.bottom)) <= a.radius;
  }
  return a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom;
}

bool Contains(const Region& outer, const Region& inner) {
  if (outer.radius <= 0) {
    return outer.left <= inner.left && inner.right <= outer.right && outer.top <= inner.top &&
           inner.bottom <= outer.bottom;
  }
  if (inner.radius > 0) {
    return std::hypot(outer.x - inner.x, outer.y - inner.y) + inner.radius <= outer.radius;
  }
  const double dx = std::max(std::abs(inner.left - outer.x), std::abs(inner.right - outer.x));
  const double dy = std::max(std::abs(inner.top - outer.y), std::abs(inner.bottom - outer.y));
  return std::hypot(dx, dy) <= outer.radius;
}

bool RegionsMeet(const Term& term, const CriteriaContext& context) {
  std::vector<Region> inside{
      Rectangle(-0.5, -0.5, context.width_px - 0.5, context.height_px - 0.5)};
  std::vector<Region> outside;
  for (const auto& [value, negated] : Of<InRectangle>(term)) {
    (negated ? outside : inside).push_back(ToRegion(*value, context));
  }
  for (const auto& [value, negated] : Of<InCircle>(term)) {
    (negated ? outside : inside).push_back(ToRegion(*value, context));
  }
  for (size_t i = 0; i < inside.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (!Overlap(inside[i], inside[j])) return false;
    }
    for (const Region& hole : outside) {
      if (Contains(hole, inside[i])) return false;
    }
  }
  return true;
}

bool CanBeMet(const Term& term, const CriteriaContext& context) {
  return NamesMeet(term, &ClusterIn::clusters) && NamesMeet(term, &KindIn::kinds) &&
         NumbersMeet<CoordinationIn>(term, 0, kInfinity, 1, true, Unscaled, context) &&
         NumbersMeet<ClusterProbabilityIn>(term, 0, 1, 0, true, Unscaled, context) &&
         NumbersMeet<ConfidenceIn>(term, 0, 1, 0, false, Unscaled, context) &&
         NumbersMeet<IntensityIn>(term, -kInfinity, kInfinity, 0, false, Unscaled, context) &&
         NumbersMeet<HoleEdgeDistanceIn>(term, 0, kInfinity, 0, false, InPixels, context) &&
         RegionsMeet(term, context);
}

}  // namespace

absl::Status FindContradiction(const Condition& where, const CriteriaContext& context) {
  ASSIGN_OR_RETURN(const std::vector<Term> terms, Expand(where, false));
  for (const Term& term : terms) {
    if (CanBeMet(term, context)) return absl::OkStatus();
  }
  if (terms.empty()) {
    return absl::InvalidArgumentError("criteria.where: the opposite of every site matches nothing");
  }
  // Of the first alternative, only what makes it impossible.
  Term culprits = terms.front();
  for (size_t i = culprits.size(); i-- > 0;) {
    Term without = culprits;
    without.erase(without.begin() + i);
    if (!CanBeMet(without, context)) culprits = std::move(without);
  }
  std::vector<std::string> parts;
  for (const Literal& literal : culprits) parts.push_back(DescribeLiteral(literal));
  return absl::InvalidArgumentError(
      absl::StrCat("criteria.where: no site can be ", absl::StrJoin(parts, " and "),
                   terms.size() > 1 ? ", nor can the other alternatives be met" : ""));
}

}  // namespace atomstream
