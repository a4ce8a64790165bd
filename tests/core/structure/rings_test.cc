#include "core/structure/rings.h"

#include <algorithm>

#include "gtest/gtest.h"

namespace atomstream {
namespace {

std::vector<int> SortedSizes(const std::vector<Ring>& rings, bool outer) {
  std::vector<int> sizes;
  for (const Ring& ring : rings) {
    if (ring.outer() == outer) sizes.push_back(ring.size());
  }
  std::sort(sizes.begin(), sizes.end());
  return sizes;
}

TEST(RingsTest, FindsTheSquaresOfALatticeAndItsOutside) {
  std::vector<Atom> atoms;
  for (int i = 0; i < 12; ++i) atoms.push_back({10.0f * (i % 4), 10.0f * (i / 4)});
  const std::vector<Ring> rings = FindRings(atoms, *BondGraph::Build(atoms, 10, {}));
  EXPECT_EQ(SortedSizes(rings, false), std::vector<int>(6, 4));
  EXPECT_EQ(SortedSizes(rings, true), std::vector<int>(1, 10));
  for (const Ring& ring : rings) {
    EXPECT_NEAR(ring.area_px2, ring.outer() ? -600 : 100, 1e-3);
  }
}

TEST(RingsTest, WalksDanglingBondsBothWays) {
  // A square with a tail outside: the tail's bond counts twice on the outer way.
  const std::vector<Atom> atoms = {{0, 0}, {10, 0}, {10, 10}, {0, 10}, {-10, 0}};
  const std::vector<Ring> rings = FindRings(atoms, *BondGraph::Build(atoms, 10, {}));
  EXPECT_EQ(SortedSizes(rings, false), std::vector<int>(1, 4));
  EXPECT_EQ(SortedSizes(rings, true), std::vector<int>(1, 6));
}

TEST(RingsTest, HasNoneWithoutBonds) {
  const std::vector<Atom> atoms = {{0, 0}, {50, 0}};
  EXPECT_TRUE(FindRings(atoms, *BondGraph::Build(atoms, 10, {})).empty());
  EXPECT_TRUE(FindRings({}, *BondGraph::Build({}, 10, {})).empty());
}

}  // namespace
}  // namespace atomstream
