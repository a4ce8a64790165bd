#include "server/codec/structure_codec.h"

#include <array>
#include <numbers>
#include <vector>

namespace atomstream {
namespace {

void FillImage(const Image& image, google::protobuf::RepeatedField<float>& values) {
  values.Reserve(static_cast<int>(image.total()));
  for (const float value : image) values.Add(value);
}

void FillCluster(const Cluster& cluster, v1::Cluster& proto) {
  proto.set_id(cluster.id);
  proto.set_size(cluster.size);
  proto.set_weight(cluster.weight);
  proto.set_mean_intensity(cluster.mean_intensity);
  if (cluster.size > 0) {
    FillImage(cluster.centroid, *proto.mutable_centroid());
    FillImage(cluster.dispersion, *proto.mutable_dispersion());
  }
  *proto.mutable_mean_components() = {cluster.mean_components.begin(),
                                      cluster.mean_components.end()};
}

void FillBonds(const BondGraph& graph, v1::Structure& proto) {
  for (int atom = 0; atom < graph.size(); ++atom) {
    for (const Bond& bond : graph.bonds(atom)) {
      if (bond.atom < atom) continue;  // told by the other end
      proto.add_bond_first(atom);
      proto.add_bond_second(bond.atom);
      proto.add_bond_length_px(bond.length_px);
    }
    for (const float angle_rad : graph.AnglesRad(atom)) {
      proto.add_angle_deg(angle_rad * static_cast<float>(180 / std::numbers::pi));
    }
  }
}

}  // namespace

v1::SiteKind SiteKindToProto(SiteKind kind) {
  switch (kind) {
    case SiteKind::kUnknown:
      return v1::SITE_KIND_UNKNOWN;
    case SiteKind::kBulk:
      return v1::SITE_KIND_BULK;
    case SiteKind::kDopant:
      return v1::SITE_KIND_DOPANT;
    case SiteKind::kVacancyNeighbour:
      return v1::SITE_KIND_VACANCY_NEIGHBOUR;
    case SiteKind::kHoleEdge:
      return v1::SITE_KIND_HOLE_EDGE;
    case SiteKind::kOddRing:
      return v1::SITE_KIND_ODD_RING;
    case SiteKind::kVacancy:
      return v1::SITE_KIND_VACANCY;
  }
  return v1::SITE_KIND_UNSPECIFIED;
}

void FillClusters(const StructureRecord& record, v1::Clusters& proto) {
  const ClusterResult& result = record.clusters;
  for (const Cluster& cluster : result.clusters) FillCluster(cluster, *proto.add_clusters());
  proto.set_patch_grid(record.patch_grid);
  proto.set_patch_side_px(record.patch_side_px);
  *proto.mutable_explained_variance() = {result.explained_variance.begin(),
                                         result.explained_variance.end()};
  proto.set_clustered(result.clustered);
  proto.set_dropped_at_edge(result.dropped_at_edge);
  proto.set_generation(result.generation);
  proto.set_refitted(result.refitted);
  proto.set_refit_reason(result.refit_reason);
  proto.set_mean_log_likelihood(result.mean_log_likelihood);
  proto.set_bic(result.bic);
  proto.set_empty_reason(result.empty_reason);
  proto.set_detail(result.detail);
}

void FillClusterColumns(const StructureRecord& record, v1::AtomTable& proto) {
  const ClusterResult& result = record.clusters;
  if (!result.empty_reason.empty()) return;
  *proto.mutable_cluster() = {result.labels.begin(), result.labels.end()};
  *proto.mutable_cluster_probability() = {result.probability.begin(), result.probability.end()};
  const float* components = result.components.data();
  *proto.mutable_components() = {components, components + result.components.size()};
}

void FillStructure(const StructureRecord& record, v1::Structure& proto) {
  if (!record.sites_error.empty()) {
    proto.set_error(record.sites_error);
    return;
  }
  const SiteAnalysis& sites = record.sites;
  proto.set_usual_coordination(sites.usual_coordination);
  *proto.mutable_usual_ring_sizes() = {sites.usual_ring_sizes.begin(),
                                       sites.usual_ring_sizes.end()};
  proto.set_odd_rings(sites.odd_rings);
  proto.set_vacancies(sites.vacancies);
  proto.set_d_nn_px(sites.graph.d_nn_px());
  proto.set_bond_cutoff_px(sites.graph.cutoff_px());
  const std::array<int, kSiteKinds.size()> counts = CountSiteKinds(sites);
  for (const SiteKind kind : kSiteKinds) {
    const int atoms = counts[static_cast<size_t>(kind)];
    if (atoms == 0) continue;
    v1::SiteKindCount& count = *proto.add_site_kinds();
    count.set_site_kind(SiteKindToProto(kind));
    count.set_atoms(atoms);
  }
  FillBonds(sites.graph, proto);
}

void FillSiteColumns(const StructureRecord& record, v1::AtomTable& proto) {
  const std::vector<SiteSurroundings>& sites = record.sites.sites;
  const int count = static_cast<int>(sites.size());
  proto.mutable_site_kind()->Reserve(count);
  proto.mutable_coordination()->Reserve(count);
  proto.mutable_nearest_px()->Reserve(count);
  for (const SiteSurroundings& site : sites) {
    proto.add_site_kind(SiteKindToProto(site.kind));
    proto.add_coordination(site.coordination);
    proto.add_nearest_px(site.nearest_px);
  }
}

void ClearClusterColumns(v1::AtomTable& proto) {
  proto.clear_cluster();
  proto.clear_cluster_probability();
  proto.clear_components();
}

void ClearSiteColumns(v1::AtomTable& proto) {
  proto.clear_site_kind();
  proto.clear_coordination();
  proto.clear_nearest_px();
}

void ClearBonds(v1::Structure& proto) {
  proto.clear_bond_first();
  proto.clear_bond_second();
  proto.clear_bond_length_px();
  proto.clear_angle_deg();
}

}  // namespace atomstream
