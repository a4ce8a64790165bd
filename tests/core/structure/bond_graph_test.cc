#include "core/structure/bond_graph.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/structure/simulated_atoms.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

std::vector<Atom> SquareLattice(int side, float d) {
  std::vector<Atom> atoms;
  for (int i = 0; i < side * side; ++i) {
    atoms.push_back({d * static_cast<float>(i % side), d * static_cast<float>(i / side), 1, 1, 1});
  }
  return atoms;
}

TEST(BondGraphTest, GivesEachInnerAtomOfASquareLatticeFourNeighbours) {
  const BondGraph graph = *BondGraph::Build(SquareLattice(9, 10), 10, {});
  ASSERT_EQ(graph.size(), 81);
  EXPECT_EQ(graph.coordination(40), 4);
  EXPECT_EQ(graph.coordination(0), 2);  // a corner
  EXPECT_FLOAT_EQ(graph.nearest_px(40), 10);
  EXPECT_TRUE(graph.cutoff_measured());
  // The middle of the gap between the shells at 1 and 1.41.
  EXPECT_NEAR(graph.cutoff_px() / 10, 1.2, 0.06);
  for (float angle : graph.AnglesRad(40)) EXPECT_NEAR(angle, std::numbers::pi / 2, 1e-5);
}

TEST(BondGraphTest, FindsTheHexagonAnglesOfGraphene) {
  const FrameWithAtoms frame =
      RenderAtoms(*BuildSpecimen(TestSpecimen("graphene", 192)), TestScan(192, 0), 0);
  const BondGraph graph = *BondGraph::Build(frame.atoms, frame.d_nn_px, {});
  int inner = 0;
  for (int i = 0; i < graph.size(); ++i) {
    const Atom& atom = frame.atoms[i];
    if (std::min({atom.x_px, atom.y_px, 191 - atom.x_px, 191 - atom.y_px}) < 12) continue;
    ++inner;
    ASSERT_EQ(graph.coordination(i), 3) << i;
    const std::vector<float> angles = graph.AnglesRad(i);
    EXPECT_NEAR(std::accumulate(angles.begin(), angles.end(), 0.0f), 2 * std::numbers::pi, 1e-4);
    for (float angle : angles) EXPECT_NEAR(angle, 2 * std::numbers::pi / 3, 1e-3);
  }
  EXPECT_GT(inner, 300);
  EXPECT_NEAR(graph.d_nn_px(), frame.d_nn_px, 1e-3);
}

TEST(BondGraphTest, LeavesAnAtomOutOfAllBonds) {
  const BondGraph graph = *BondGraph::Build(SquareLattice(5, 10), 10, {});
  std::vector<bool> alone(25, false);
  alone[12] = true;
  const BondGraph without = graph.Without(alone);
  ASSERT_EQ(without.size(), 25);
  EXPECT_EQ(without.coordination(12), 0);
  for (const int neighbour : {7, 11, 13, 17}) {
    EXPECT_EQ(without.coordination(neighbour), 3);
    for (const Bond& bond : without.bonds(neighbour)) EXPECT_NE(bond.atom, 12);
  }
  EXPECT_EQ(without.coordination(6), 4);
  EXPECT_FLOAT_EQ(without.d_nn_px(), 10);
  EXPECT_EQ(without.cutoff_px(), graph.cutoff_px());
  EXPECT_EQ(without.cutoff_measured(), graph.cutoff_measured());
}

TEST(BondGraphTest, MakesEveryBondMutual) {
  SpecimenOptions specimen = TestSpecimen("graphene", 192);
  specimen.grain_boundary = GrainBoundaryOptions();
  specimen.vacancy_fraction = 0.05;
  const FrameWithAtoms frame = RenderAtoms(*BuildSpecimen(specimen), TestScan(192, 0), 1.5);
  const BondGraph graph = *BondGraph::Build(frame.atoms, frame.d_nn_px, {});
  int bonds = 0;
  for (int i = 0; i < graph.size(); ++i) {
    for (const Bond& bond : graph.bonds(i)) {
      ++bonds;
      int back = 0;
      for (const Bond& other : graph.bonds(bond.atom)) back += other.atom == i;
      EXPECT_EQ(back, 1) << i << " to " << bond.atom;
    }
  }
  EXPECT_GT(bonds, 2 * graph.size());
}

TEST(BondGraphTest, PutsNoBondAcrossAnAtomInBetween) {
  const std::vector<Atom> atoms = {{0, 0}, {6, 1}, {12, 0}};
  const BondGraph graph = *BondGraph::Build(atoms, 10, {.cutoff_d_nn = 1.5});
  EXPECT_EQ(graph.coordination(0), 1);
  EXPECT_EQ(graph.coordination(1), 2);
  EXPECT_EQ(graph.coordination(2), 1);
}

TEST(BondGraphTest, MeasuresItsOwnDistanceWithoutALatticeOrWithAFarTooLargeOne) {
  for (double stated : {0.0, 95.0}) {
    const BondGraph graph = *BondGraph::Build(SquareLattice(9, 10), stated, {});
    EXPECT_NEAR(graph.d_nn_px(), 10, 1e-4) << stated;
    EXPECT_EQ(graph.coordination(40), 4) << stated;
  }
}

TEST(BondGraphTest, StandsALatticeThatIsAFifthOff) {
  for (double stated : {8.0, 12.0}) {
    const BondGraph graph = *BondGraph::Build(SquareLattice(9, 10), stated, {});
    EXPECT_EQ(graph.coordination(40), 4) << stated;
  }
}

TEST(BondGraphTest, HasNoBondsForNoneOneOrCoincidentAtoms) {
  EXPECT_EQ(BondGraph::Build({}, 7, {})->size(), 0);
  const BondGraph one = *BondGraph::Build({{3, 4}}, 7, {});
  EXPECT_EQ(one.coordination(0), 0);
  EXPECT_EQ(one.nearest_px(0), 0);
  EXPECT_TRUE(one.AnglesRad(0).empty());
  const BondGraph same = *BondGraph::Build({{3, 4}, {3, 4}, {3, 4}}, 7, {});
  EXPECT_EQ(same.size(), 3);
}

TEST(BondGraphTest, TakesAtomsOnALineAndFarApart) {
  std::vector<Atom> line;
  for (int i = 0; i < 50; ++i) line.push_back({10.0f * i, 5});
  EXPECT_EQ(BondGraph::Build(line, 0, {})->coordination(25), 2);
  const BondGraph far = *BondGraph::Build({{0, 0}, {4000, 0}, {4000, 10}}, 0, {});
  EXPECT_FLOAT_EQ(far.nearest_px(0), 4000);
  EXPECT_FLOAT_EQ(far.nearest_px(2), 10);
}

TEST(BondGraphTest, NamesWhatIsWrong) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(BondGraph::Build({{1, 1}, {nan, 2}}, 7, {}).status().message(),
              HasSubstr("atoms[1] = (nan, 2)"));
  EXPECT_THAT(BondGraph::Build({}, -1, {}).status().message(), HasSubstr("d_nn_px = -1"));
  EXPECT_THAT(BondGraph::Build({}, 7, {.cutoff_d_nn = 3}).status().message(),
              HasSubstr("cutoff_d_nn = 3"));
}

}  // namespace
}  // namespace atomstream
