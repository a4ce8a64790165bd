#include "client/cli/structure_json.h"

#include <algorithm>

#include "client/cli/result_view.h"

namespace atomstream {
namespace {

template <typename Numbers>
void WriteNumbers(absl::string_view key, const Numbers& numbers, JsonWriter& json) {
  json.Key(key).BeginArray();
  for (const auto number : numbers) json.Number(number);
  json.EndArray();
}

void WriteCluster(const v1::Cluster& cluster, JsonWriter& json) {
  json.BeginObject().Key("id").Integer(cluster.id()).Key("size").Integer(cluster.size());
  json.Key("weight").Number(cluster.weight());
  json.Key("mean_intensity").Number(cluster.mean_intensity());
  WriteNumbers("mean_components", cluster.mean_components(), json);
  WriteNumbers("centroid", cluster.centroid(), json);
  WriteNumbers("dispersion", cluster.dispersion(), json);
  json.EndObject();
}

void WriteClusters(const v1::Clusters& clusters, JsonWriter& json) {
  json.BeginObject().Key("clusters").BeginArray();
  for (const v1::Cluster& cluster : clusters.clusters()) WriteCluster(cluster, json);
  json.EndArray();
  json.Key("patch_grid").Integer(clusters.patch_grid());
  json.Key("patch_side_px").Number(clusters.patch_side_px());
  WriteNumbers("explained_variance", clusters.explained_variance(), json);
  json.Key("clustered").Integer(clusters.clustered());
  json.Key("dropped_at_edge").Integer(clusters.dropped_at_edge());
  json.Key("generation").Integer(clusters.generation());
  json.Key("refitted").Bool(clusters.refitted());
  json.Key("refit_reason").Text(clusters.refit_reason());
  json.Key("mean_log_likelihood").Number(clusters.mean_log_likelihood());
  json.Key("bic").Number(clusters.bic());
  json.Key("empty_reason").Text(clusters.empty_reason());
  json.Key("detail").Text(clusters.detail()).EndObject();
}

void WriteSites(const v1::Structure& structure, JsonWriter& json) {
  json.BeginObject();
  json.Key("usual_coordination").Integer(structure.usual_coordination());
  json.Key("usual_ring_sizes").BeginArray();
  for (const int size : structure.usual_ring_sizes()) json.Integer(size);
  json.EndArray();
  json.Key("odd_rings").Integer(structure.odd_rings());
  json.Key("vacancies").Integer(structure.vacancies());
  json.Key("d_nn_px").Number(structure.d_nn_px());
  json.Key("bond_cutoff_px").Number(structure.bond_cutoff_px());
  json.Key("site_kinds").BeginObject();
  for (const v1::SiteKindCount& count : structure.site_kinds()) {
    json.Key(SiteKindText(count.site_kind())).Integer(count.atoms());
  }
  json.EndObject();
  const int bonds = std::min(
      {structure.bond_first_size(), structure.bond_second_size(), structure.bond_length_px_size()});
  json.Key("bonds").BeginArray();
  for (int i = 0; i < bonds; ++i) {
    json.BeginArray().Integer(structure.bond_first(i)).Integer(structure.bond_second(i));
    json.Number(structure.bond_length_px(i)).EndArray();
  }
  json.EndArray();
  json.Key("error").Text(structure.error()).EndObject();
}

}  // namespace

void WriteStructure(const v1::DetectorResult& detector, JsonWriter& json) {
  if (detector.has_clusters()) {
    json.Key("clusters");
    WriteClusters(detector.clusters(), json);
  }
  if (detector.has_structure()) {
    json.Key("structure");
    WriteSites(detector.structure(), json);
  }
}

void AtomStructureWriter::Write(int atom, JsonWriter& json) {
  const v1::AtomTable& atoms = detector_.atoms();
  if (atom < atoms.cluster_size()) {
    json.Key("cluster").Integer(atoms.cluster(atom));
    if (atom < atoms.cluster_probability_size()) {
      json.Key("cluster_probability").Number(atoms.cluster_probability(atom));
    }
    const int count = detector_.clusters().explained_variance_size();
    if ((atom + 1) * count <= atoms.components_size()) {
      const auto first = atoms.components().begin() + atom * count;
      json.Key("components").BeginArray();
      for (int i = 0; i < count; ++i) json.Number(first[i]);
      json.EndArray();
    }
  }
  if (atom >= atoms.site_kind_size()) return;
  json.Key("site_kind").Text(SiteKindText(atoms.site_kind(atom)));
  if (atom < atoms.nearest_px_size()) json.Key("nearest_px").Number(atoms.nearest_px(atom));
  if (atom >= atoms.coordination_size()) return;
  const int bonds = atoms.coordination(atom);
  json.Key("coordination").Integer(bonds);
  const auto& angles = detector_.structure().angle_deg();
  json.Key("angles_deg").BeginArray();
  for (int i = 0; bonds >= 2 && i < bonds && next_angle_ < angles.size(); ++i) {
    json.Number(angles.Get(next_angle_++));
  }
  json.EndArray();
}

}  // namespace atomstream
