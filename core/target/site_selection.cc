#include "core/target/site_selection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/structure/point_grid.h"
#include "core/target/contradiction.h"
#include "core/target/criteria_check.h"
#include "core/target/shortest_path.h"

namespace atomstream {
namespace {

template <typename Value, typename Range>
bool Within(Value value, const Range& range) {
  return value >= range.min && value <= range.max;
}

template <typename Name>
bool Listed(const Name& name, const std::vector<Name>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

struct Judge {
  const Site& site;
  const CriteriaContext& context;

  bool operator()(const AllOf& all) const {
    return std::all_of(all.conditions.begin(), all.conditions.end(),
                       [&](const Condition& c) { return std::visit(*this, c.value); });
  }
  bool operator()(const AnyOf& any) const {
    return std::any_of(any.conditions.begin(), any.conditions.end(),
                       [&](const Condition& c) { return std::visit(*this, c.value); });
  }
  bool operator()(const Not& negation) const {
    return !std::visit(*this, negation.condition.front().value);
  }
  bool operator()(const ClusterIn& in) const {
    return site.cluster.has_value() && Listed(*site.cluster, in.clusters);
  }
  bool operator()(const KindIn& in) const {
    return !site.kind.empty() && Listed(site.kind, in.kinds);
  }
  bool operator()(const CoordinationIn& in) const {
    return site.coordination.has_value() && Within(*site.coordination, in);
  }
  bool operator()(const ClusterProbabilityIn& in) const {
    return site.cluster.has_value() && Within(site.cluster_probability, in);
  }
  bool operator()(const ConfidenceIn& in) const { return Within(site.confidence, in); }
  bool operator()(const IntensityIn& in) const { return Within(site.intensity, in); }
  bool operator()(const HoleEdgeDistanceIn& in) const {
    const double unit = ToPixels(1, in.unit, context);
    const double distance = site.hole_edge_px.value_or(std::numeric_limits<double>::infinity());
    return distance >= in.min * unit && distance <= in.max * unit;
  }
  bool operator()(const InRectangle& in) const {
    const double unit = ToPixels(1, in.unit, context);
    return site.x_px >= in.left * unit && site.x_px <= in.right * unit &&
           site.y_px >= in.top * unit && site.y_px <= in.bottom * unit;
  }
  bool operator()(const InCircle& in) const {
    const double unit = ToPixels(1, in.unit, context);
    return std::hypot(site.x_px - in.x * unit, site.y_px - in.y * unit) <= in.radius * unit;
  }
};

// Which sites are kept, by index.
absl::StatusOr<std::vector<bool>> MarkKept(const std::vector<int>& keep, int sites) {
  std::vector<bool> kept(sites, false);
  for (const int index : keep) {
    if (index < 0 || index >= sites) {
      return absl::InvalidArgumentError(
          absl::StrCat("keep: ", index, " is not one of ", sites, " sites"));
    }
    kept[index] = true;
  }
  return kept;
}

// Takes the `matching` sites, in this order, as far as spacing and count allow; kept ones always.
void TakeSpaced(const std::vector<Site>& sites, const std::vector<int>& matching,
                const std::vector<bool>& kept, const Criteria& criteria,
                const CriteriaContext& context, SiteSelection& selection) {
  const double spacing = ToPixels(criteria.min_spacing, criteria.min_spacing_unit, context);
  PointGrid placed(context.width_px, context.height_px, std::max(spacing, 1.0));
  for (const int i : matching) {
    const float x = static_cast<float>(sites[i].x_px), y = static_cast<float>(sites[i].y_px);
    if (!kept[i]) {
      bool free = true;
      if (spacing > 0) {
        // A pair at exactly the spacing is far enough.
        placed.ForEachWithin(x, y, spacing, [&](int, float squared) {
          free = squared >= static_cast<float>(spacing * spacing);
          return free;
        });
      }
      if (!free) {
        ++selection.too_close;
        continue;
      }
      if (static_cast<int>(selection.chosen.size()) >= criteria.max_count) {
        ++selection.over_count;
        continue;
      }
    }
    placed.Add(x, y);
    selection.chosen.push_back(i);
  }
}

// Brings the chosen sites into the order of the criteria, and measures the way along them.
void PutInOrder(const std::vector<Site>& sites, const Criteria& criteria,
                SiteSelection& selection) {
  std::stable_sort(selection.chosen.begin(), selection.chosen.end(), [&](int a, int b) {
    return std::tuple(-Score(sites[a]), a) < std::tuple(-Score(sites[b]), b);
  });
  std::vector<PointPx> points;
  for (const int i : selection.chosen) points.push_back({sites[i].x_px, sites[i].y_px});
  std::vector<int> order(points.size());
  std::iota(order.begin(), order.end(), 0);
  const PointPx start = criteria.path_start.value_or(PointPx{0, 0});
  if (criteria.order == TargetOrder::kShortestPath) {
    order = ShortestPath(points, start);
    std::vector<int> chosen;
    for (const int i : order) chosen.push_back(selection.chosen[i]);
    selection.chosen = std::move(chosen);
  }
  selection.path_px = PathLength(points, order, start);
}

}  // namespace

std::string WhyEmpty(const SiteSelection& selection) {
  if (!selection.chosen.empty()) return "";
  if (selection.sites == 0) return "no sites in the frame";
  return absl::StrCat("none of ", selection.sites, " sites meets the conditions");
}

bool Meets(const Site& site, const Condition& condition, const CriteriaContext& context) {
  return std::visit(Judge{site, context}, condition.value);
}

double Score(const Site& site) {
  return site.confidence * (site.cluster.has_value() ? site.cluster_probability : 1);
}

absl::StatusOr<SiteSelection> SelectSites(const std::vector<Site>& sites, const Criteria& criteria,
                                          const CriteriaContext& context,
                                          const std::vector<int>& keep) {
  RETURN_IF_ERROR(CheckCriteria(criteria, context));
  SiteSelection selection;
  selection.sites = static_cast<int>(sites.size());
  ASSIGN_OR_RETURN(const std::vector<bool> kept, MarkKept(keep, selection.sites));
  std::vector<int> matching;
  for (int i = 0; i < selection.sites; ++i) {
    if (!std::isfinite(sites[i].x_px) || !std::isfinite(sites[i].y_px)) {
      return absl::InvalidArgumentError(absl::StrCat("sites[", i, "] = (", sites[i].x_px, ", ",
                                                     sites[i].y_px, "): must be finite"));
    }
    if (Meets(sites[i], criteria.where, context)) matching.push_back(i);
  }
  selection.matching = static_cast<int>(matching.size());
  // The indices at the end make the order one only.
  const auto rank = [&](int i) { return std::tuple(kept[i] ? 0 : 1, -Score(sites[i]), i); };
  std::sort(matching.begin(), matching.end(), [&](int a, int b) { return rank(a) < rank(b); });

  TakeSpaced(sites, matching, kept, criteria, context, selection);
  PutInOrder(sites, criteria, selection);
  return selection;
}

}  // namespace atomstream
