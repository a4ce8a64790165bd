#include "server/codec/structure_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "server/codec/result_codec.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::IsEmpty;

// Three atoms, the first bonded to the other two; the second has no cluster.
StructureRecord FullStructure() {
  StructureRecord record;
  record.patch_grid = 3;
  record.patch_side_px = 16.5;
  ClusterResult& clusters = record.clusters;
  clusters.labels = {2, -1, 5};
  clusters.probability = {0.75f, 0, 0.5f};
  clusters.components = DescriptorMatrix(3, 2);
  clusters.components << 1, 2, 0, 0, 3, 4;
  Cluster cluster;
  cluster.id = 2;
  cluster.size = 1;
  cluster.weight = 0.25;
  cluster.mean_intensity = 0.625;
  cluster.centroid = Image(3, 3, 0.5f);
  cluster.centroid(1, 2) = 0.125f;
  cluster.dispersion = Image(3, 3, 0.0625f);
  cluster.mean_components = {-1.5, 2.5};
  Cluster empty = cluster;
  empty.id = 5;
  empty.size = 0;
  clusters.clusters = {cluster, empty};
  clusters.explained_variance = {0.5, 0.125};
  clusters.clustered = 2;
  clusters.dropped_at_edge = 1;
  clusters.generation = 7;
  clusters.refitted = true;
  clusters.refit_reason = "residual";
  clusters.mean_log_likelihood = -3.5;
  clusters.bic = 1234.5;

  const std::vector<Atom> atoms = {
      {.x_px = 30, .y_px = 30}, {.x_px = 37, .y_px = 30}, {.x_px = 30, .y_px = 37}};
  SiteAnalysis& sites = record.sites;
  sites.graph = *BondGraph::Build(atoms, 7, {.cutoff_d_nn = 1.25});
  sites.sites.resize(3);
  sites.sites[0] = {SiteKind::kDopant, 2, true, 7, 4.5f};
  sites.sites[1] = {SiteKind::kHoleEdge, 1, true, 6.5f, 0};
  sites.sites[2] = {SiteKind::kHoleEdge, 1, true, 7, 0};
  sites.usual_coordination = 3;
  sites.usual_ring_sizes = {4, 6};
  sites.odd_rings = 8;
  sites.vacancies = 9;
  record.clusters_time = absl::Milliseconds(11);
  record.sites_time = absl::Milliseconds(12);
  return record;
}

FrameRecord RecordWith(StructureRecord structure) {
  FrameRecord record;
  auto& result = record.detector.result.emplace<LogStarResult>();
  result.atoms.resize(structure.clusters.labels.size());
  record.detector.structure = std::make_shared<const StructureRecord>(std::move(structure));
  return record;
}

v1::DetectorResult Encode(const StructureRecord& structure, const ResultParts& parts = {}) {
  v1::FrameResult result = ResultToProto(RecordWith(structure));
  KeepParts(parts, result);
  return result.detectors(0);
}

TEST(StructureCodecTest, EveryFieldOfTheClustersReachesTheMessage) {
  const v1::DetectorResult detector = Encode(FullStructure());
  const v1::Clusters& clusters = detector.clusters();
  ASSERT_EQ(clusters.clusters_size(), 2);
  const v1::Cluster& first = clusters.clusters(0);
  EXPECT_EQ(first.id(), 2);
  EXPECT_EQ(first.size(), 1);
  EXPECT_EQ(first.weight(), 0.25);
  EXPECT_EQ(first.mean_intensity(), 0.625);
  EXPECT_THAT(first.centroid(),
              ElementsAre(0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.125f, 0.5f, 0.5f, 0.5f));
  EXPECT_EQ(first.dispersion_size(), 9);
  EXPECT_EQ(first.dispersion(4), 0.0625f);
  EXPECT_THAT(first.mean_components(), ElementsAre(-1.5, 2.5));
  EXPECT_THAT(clusters.clusters(1).centroid(), IsEmpty());  // without atoms
  EXPECT_EQ(clusters.patch_grid(), 3);
  EXPECT_EQ(clusters.patch_side_px(), 16.5);
  EXPECT_THAT(clusters.explained_variance(), ElementsAre(0.5, 0.125));
  EXPECT_EQ(clusters.clustered(), 2);
  EXPECT_EQ(clusters.dropped_at_edge(), 1);
  EXPECT_EQ(clusters.generation(), 7);
  EXPECT_TRUE(clusters.refitted());
  EXPECT_EQ(clusters.refit_reason(), "residual");
  EXPECT_EQ(clusters.mean_log_likelihood(), -3.5);
  EXPECT_EQ(clusters.bic(), 1234.5);
  EXPECT_EQ(clusters.empty_reason(), "");
  EXPECT_THAT(detector.atoms().cluster(), ElementsAre(2, -1, 5));
  EXPECT_THAT(detector.atoms().cluster_probability(), ElementsAre(0.75f, 0, 0.5f));
  EXPECT_THAT(detector.atoms().components(), ElementsAre(1, 2, 0, 0, 3, 4));
}

TEST(StructureCodecTest, EveryFieldOfTheSitesReachesTheMessage) {
  const v1::DetectorResult detector = Encode(FullStructure());
  const v1::Structure& structure = detector.structure();
  EXPECT_EQ(structure.usual_coordination(), 3);
  EXPECT_THAT(structure.usual_ring_sizes(), ElementsAre(4, 6));
  EXPECT_EQ(structure.odd_rings(), 8);
  EXPECT_EQ(structure.vacancies(), 9);
  EXPECT_EQ(structure.d_nn_px(), 7);
  EXPECT_EQ(structure.bond_cutoff_px(), 8.75);
  ASSERT_EQ(structure.site_kinds_size(), 2);
  EXPECT_EQ(structure.site_kinds(0).site_kind(), v1::SITE_KIND_DOPANT);
  EXPECT_EQ(structure.site_kinds(0).atoms(), 1);
  EXPECT_EQ(structure.site_kinds(1).site_kind(), v1::SITE_KIND_HOLE_EDGE);
  EXPECT_EQ(structure.site_kinds(1).atoms(), 2);
  // Each bond once.
  EXPECT_THAT(structure.bond_first(), ElementsAre(0, 0));
  EXPECT_THAT(structure.bond_second(), ElementsAre(1, 2));
  EXPECT_THAT(structure.bond_length_px(), ElementsAre(7, 7));
  // Of the first atom only: the others have one bond. Together a full turn.
  EXPECT_THAT(structure.angle_deg(), ElementsAre(FloatNear(90, 1e-3), FloatNear(270, 1e-3)));
  EXPECT_EQ(structure.error(), "");
  const v1::AtomTable& atoms = detector.atoms();
  EXPECT_THAT(atoms.site_kind(),
              ElementsAre(v1::SITE_KIND_DOPANT, v1::SITE_KIND_HOLE_EDGE, v1::SITE_KIND_HOLE_EDGE));
  EXPECT_THAT(atoms.coordination(), ElementsAre(2, 1, 1));
  EXPECT_THAT(atoms.nearest_px(), ElementsAre(7, 6.5f, 7));
}

TEST(StructureCodecTest, EveryKindOfSiteHasItsOwnInTheContract) {
  std::set<int> kinds;
  for (const SiteKind kind : kSiteKinds) kinds.insert(SiteKindToProto(kind));
  EXPECT_EQ(kinds.size(), kSiteKinds.size());
  EXPECT_EQ(kinds.count(v1::SITE_KIND_UNSPECIFIED), 0u);
}

TEST(StructureCodecTest, TheTimesAreStagesBeforeTheTotal) {
  const v1::DetectorResult detector = Encode(FullStructure());
  const int count = detector.timings_size();
  EXPECT_EQ(detector.timings(count - 3).stage(), "clusters");
  EXPECT_EQ(detector.timings(count - 3).duration().nanos(), 11'000'000);
  EXPECT_EQ(detector.timings(count - 2).stage(), "structure");
  EXPECT_EQ(detector.timings(count - 2).duration().nanos(), 12'000'000);
  EXPECT_EQ(detector.timings(count - 1).stage(), "total");
}

TEST(StructureCodecTest, WithoutAtomsWhatIsAsLongAsTheyAreManyIsLeftOut) {
  const v1::DetectorResult detector = Encode(FullStructure(), {.atoms = false});
  EXPECT_FALSE(detector.has_atoms());
  EXPECT_EQ(detector.clusters().clusters_size(), 2);
  EXPECT_EQ(detector.structure().site_kinds_size(), 2);
  EXPECT_EQ(detector.structure().bond_first_size(), 0);
  EXPECT_EQ(detector.structure().angle_deg_size(), 0);
}

TEST(StructureCodecTest, APartThatIsNotWantedLeavesNoColumns) {
  const v1::DetectorResult sites = Encode(FullStructure(), {.clusters = false});
  EXPECT_FALSE(sites.has_clusters());
  EXPECT_EQ(sites.atoms().cluster_size() + sites.atoms().components_size(), 0);
  EXPECT_EQ(sites.atoms().site_kind_size(), 3);
  const v1::DetectorResult clusters = Encode(FullStructure(), {.structure = false});
  EXPECT_FALSE(clusters.has_structure());
  EXPECT_EQ(clusters.atoms().site_kind_size() + clusters.atoms().coordination_size(), 0);
  EXPECT_EQ(clusters.atoms().cluster_size(), 3);
}

TEST(StructureCodecTest, WhatFailedSaysWhyAndTheAtomsStay) {
  StructureRecord record;
  record.clusters.labels = {-1, -1};
  record.clusters.probability = {0, 0};
  record.clusters.empty_reason = "failed";
  record.clusters.detail = "INTERNAL: broken";
  record.sites_error = "INTERNAL: also broken";
  const v1::DetectorResult detector = Encode(record);
  EXPECT_EQ(detector.atoms().x_px_size(), 2);
  EXPECT_EQ(detector.atoms().cluster_size(), 0);
  EXPECT_EQ(detector.atoms().site_kind_size(), 0);
  EXPECT_EQ(detector.clusters().empty_reason(), "failed");
  EXPECT_EQ(detector.clusters().detail(), "INTERNAL: broken");
  EXPECT_EQ(detector.structure().error(), "INTERNAL: also broken");
  EXPECT_EQ(detector.structure().usual_coordination(), 0);
}

TEST(StructureCodecTest, AnAtomThatWasNotAnalysedHasNeither) {
  FrameRecord record;
  std::get<LogStarResult>(record.detector.result).atoms.resize(1);
  const v1::FrameResult result = ResultToProto(record);
  EXPECT_FALSE(result.detectors(0).has_clusters());
  EXPECT_FALSE(result.detectors(0).has_structure());
}

TEST(StructureCodecTest, SubscribersAskForThePartsByName) {
  v1::SubscribeRequest request;
  request.add_parts(v1::RESULT_PART_CLUSTERS);
  EXPECT_TRUE(PartsOf(request.parts()).clusters);
  EXPECT_FALSE(PartsOf(request.parts()).structure);
  EXPECT_FALSE(PartsOf(request.parts()).atoms);
  request.add_parts(v1::RESULT_PART_STRUCTURE);
  EXPECT_TRUE(PartsOf(request.parts()).structure);
  std::set<int> masks;
  for (int bits = 0; bits < 32; ++bits) {
    masks.insert(ResultParts{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0,
                             (bits & 16) != 0}
                     .mask());
  }
  EXPECT_EQ(masks.size(), 32u);
}

}  // namespace
}  // namespace atomstream
