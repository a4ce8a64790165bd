#include "server/targeting/scene_input.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace atomstream {
namespace {

constexpr int kSide = 64;

std::shared_ptr<const Frame> AnyFrame() {
  std::string pixels(kSide * kSide, '\0');
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<char>(i * i * 37 % 251);
  FrameMetadata metadata;
  metadata.id = "frame";
  return *Frame::Create(std::move(metadata), kSide, kSide, PixelType::kU8, pixels);
}

// Atoms along the diagonal; the first lies on the edge of a hole, the second is a dopant.
DetectorRecord FiveAtoms() {
  LogStarResult result;
  for (int i = 0; i < 5; ++i) {
    result.atoms.push_back({.x_px = 10.0f * i + 8,
                            .y_px = 10.0f * i + 8,
                            .sigma_px = 2,
                            .intensity = 0.5f,
                            .response = i == 4 ? 0.1f : 0.4f});
  }
  result.lattice.d_nn_px = 10;
  result.lattice.pixel_size_nm_metadata = 0.02;
  result.lattice.pixel_size_nm_used = 0.0201;
  auto structure = std::make_shared<StructureRecord>();
  structure->clusters.labels = {1, 0, 0, 0, -1};
  structure->clusters.probability = {0.9f, 0.8f, 1, 1, 0};
  structure->clusters.clusters.resize(3);
  structure->clusters.generation = 4;
  for (int id = 0; id < 3; ++id) structure->clusters.clusters[id].id = id;
  structure->sites.sites.resize(5);
  structure->sites.sites[0] = {.kind = SiteKind::kHoleEdge, .coordination = 2, .complete = true};
  structure->sites.sites[1] = {.kind = SiteKind::kDopant, .coordination = 3, .complete = true};
  structure->sites.sites[4] = {.kind = SiteKind::kUnknown, .coordination = 1, .complete = false};
  DetectorRecord detector;
  detector.result = std::move(result);
  detector.structure = std::move(structure);
  return detector;
}

TEST(SceneInputTest, BuildsSitesFromAtomsClustersAndKinds) {
  const std::vector<Site> sites = MakeSites(FiveAtoms(), kSide, kSide);
  ASSERT_EQ(sites.size(), 5u);
  EXPECT_EQ(sites[1].kind, "dopant");
  EXPECT_EQ(sites[1].coordination, 3);
  EXPECT_EQ(sites[1].cluster, 0);
  EXPECT_FLOAT_EQ(static_cast<float>(sites[1].cluster_probability), 0.8f);
  EXPECT_DOUBLE_EQ(sites[1].x_px, 18);
  EXPECT_FALSE(sites[4].cluster.has_value());       // label -1
  EXPECT_FALSE(sites[4].coordination.has_value());  // a neighbour may be hidden
  EXPECT_DOUBLE_EQ(sites[0].confidence, 1);
  EXPECT_NEAR(sites[4].confidence, 0.25, 1e-6);  // a quarter of the median response
}

TEST(SceneInputTest, MeasuresTheDistanceToTheNearestHoleEdge) {
  const std::vector<Site> sites = MakeSites(FiveAtoms(), kSide, kSide);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(sites[i].hole_edge_px.has_value());
    EXPECT_NEAR(*sites[i].hole_edge_px, 10 * i * std::sqrt(2.0), 1e-6);
  }
}

TEST(SceneInputTest, KnowsNoHoleEdgeWhereThereIsNone) {
  DetectorRecord detector = FiveAtoms();
  auto structure = std::make_shared<StructureRecord>(*detector.structure);
  structure->sites.sites[0].kind = SiteKind::kBulk;
  detector.structure = structure;
  for (const Site& site : MakeSites(detector, kSide, kSide)) {
    EXPECT_FALSE(site.hole_edge_px.has_value());
  }
}

TEST(SceneInputTest, BuildsSitesWithoutStructure) {
  DetectorRecord detector = FiveAtoms();
  detector.structure = nullptr;
  const std::vector<Site> sites = MakeSites(detector, kSide, kSide);
  ASSERT_EQ(sites.size(), 5u);
  EXPECT_EQ(sites[0].kind, "");
  EXPECT_FALSE(sites[0].cluster.has_value());
}

TEST(SceneInputTest, TakesTheStatedPixelSizeUnlessItDisagrees) {
  DetectorRecord detector = FiveAtoms();
  const auto frame = AnyFrame();
  const SceneInput stated = MakeSceneInput(*frame, detector, {});
  EXPECT_DOUBLE_EQ(stated.pixel_size_nm, 0.02);
  EXPECT_DOUBLE_EQ(stated.d_nn_px, 10);
  EXPECT_EQ(stated.clusters, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(stated.cluster_generation, 4);
  ASSERT_NE(stated.view, nullptr);
  EXPECT_EQ(stated.view->width_px, kSide);
  std::get<LogStarResult>(detector.result).lattice.metadata_disagrees = true;
  EXPECT_DOUBLE_EQ(MakeSceneInput(*frame, detector, {}).pixel_size_nm, 0.0201);
}

TEST(SceneInputTest, IsEmptyWithoutALattice) {
  DetectorRecord detector = FiveAtoms();
  std::get<LogStarResult>(detector.result).lattice.d_nn_px = 0;
  const SceneInput input = MakeSceneInput(*AnyFrame(), detector, {});
  EXPECT_EQ(input.view, nullptr);
  EXPECT_TRUE(input.sites.empty());
  EXPECT_EQ(input.d_nn_px, 0);
}

}  // namespace
}  // namespace atomstream
