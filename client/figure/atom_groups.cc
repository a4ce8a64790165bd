#include "client/figure/atom_groups.h"

#include <array>
#include <map>

#include "absl/strings/str_cat.h"
#include "client/figure/palette.h"

namespace atomstream::figure {
namespace {

// In the order of the legend.
constexpr std::array kKinds = {v1::SITE_KIND_BULK,      v1::SITE_KIND_DOPANT,
                               v1::SITE_KIND_VACANCY,   v1::SITE_KIND_VACANCY_NEIGHBOUR,
                               v1::SITE_KIND_HOLE_EDGE, v1::SITE_KIND_ODD_RING,
                               v1::SITE_KIND_UNKNOWN};

int CountOf(const v1::AtomTable& atoms) { return std::min(atoms.x_px_size(), atoms.y_px_size()); }

ColourBy Resolve(const v1::DetectorResult& detector, ColourBy by, FigureKind figure) {
  if (by != ColourBy::kAuto) return by;
  if (figure == FigureKind::kSteering) return ColourBy::kNone;
  if (detector.clusters().clusters_size() > 0) return ColourBy::kCluster;
  return detector.atoms().site_kind_size() > 0 ? ColourBy::kKind : ColourBy::kNone;
}

v1::SiteKind KindOf(const v1::AtomTable& atoms, int i) {
  if (i >= atoms.site_kind_size()) return v1::SITE_KIND_UNKNOWN;
  const v1::SiteKind kind = atoms.site_kind(i);
  return kind == v1::SITE_KIND_UNSPECIFIED ? v1::SITE_KIND_UNKNOWN : kind;
}

std::optional<double> MeanIntensity(const v1::AtomTable& atoms, const std::vector<int>& members) {
  double sum = 0;
  int count = 0;
  for (const int i : members) {
    if (i >= atoms.intensity_size()) continue;
    sum += atoms.intensity(i);
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / count;
}

std::vector<AtomGroup> ByCluster(const v1::DetectorResult& detector) {
  std::vector<AtomGroup> groups;
  std::map<int, size_t> group_of;
  for (const v1::Cluster& cluster : detector.clusters().clusters()) {
    const ClusterStyle style = StyleOfCluster(cluster.id());
    group_of.emplace(cluster.id(), groups.size());
    groups.push_back({absl::StrCat("cluster ", cluster.id()), style.colour, style.shape, {}, {}});
  }
  AtomGroup none{"no cluster (at the edge)", kNoCluster, Shape::kCircle, {}, {}};
  if (groups.empty()) none.name = "atoms";
  const v1::AtomTable& atoms = detector.atoms();
  for (int i = 0; i < CountOf(atoms); ++i) {
    const auto found = group_of.find(i < atoms.cluster_size() ? atoms.cluster(i) : -1);
    (found == group_of.end() ? none : groups[found->second]).atoms.push_back(i);
  }
  if (!none.atoms.empty()) groups.push_back(std::move(none));
  return groups;
}

std::vector<AtomGroup> ByKind(const v1::AtomTable& atoms) {
  std::map<v1::SiteKind, std::vector<int>> members;
  for (int i = 0; i < CountOf(atoms); ++i) members[KindOf(atoms, i)].push_back(i);
  std::vector<AtomGroup> groups;
  for (const v1::SiteKind kind : kKinds) {
    if (members[kind].empty()) continue;
    groups.push_back({std::string(NameOfKind(kind)),
                      ColourOfKind(kind),
                      Shape::kCircle,
                      {},
                      std::move(members[kind])});
  }
  return groups;
}

}  // namespace

AtomGroups GroupAtoms(const v1::DetectorResult& detector, ColourBy by, FigureKind figure) {
  const v1::AtomTable& atoms = detector.atoms();
  AtomGroups result;
  result.by = Resolve(detector, by, figure);
  if (result.by == ColourBy::kCluster) {
    result.groups = ByCluster(detector);
  } else if (result.by == ColourBy::kKind) {
    result.groups = ByKind(atoms);
  } else if (CountOf(atoms) > 0) {
    AtomGroup all{"atoms", kAccent, Shape::kCircle, {}, {}};
    for (int i = 0; i < CountOf(atoms); ++i) all.atoms.push_back(i);
    result.groups.push_back(std::move(all));
  }
  for (AtomGroup& group : result.groups) {
    group.mean_intensity = MeanIntensity(atoms, group.atoms);
  }
  return result;
}

std::vector<int> AtomsOfKind(const v1::AtomTable& atoms, v1::SiteKind kind) {
  std::vector<int> members;
  for (int i = 0; i < CountOf(atoms) && i < atoms.site_kind_size(); ++i) {
    if (atoms.site_kind(i) == kind) members.push_back(i);
  }
  return members;
}

}  // namespace atomstream::figure
