#include "core/structure/site_brightness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace atomstream {
namespace {

using ::testing::UnorderedElementsAreArray;

constexpr double kSpacingPx = 7;

Atom At(double x, double y) {
  Atom atom;
  atom.x_px = static_cast<float>(x);
  atom.y_px = static_cast<float>(y);
  return atom;
}

// A crystal, and beside it atoms that bond to nobody: a few far from everything, a crowd, and some
// outside the frame, as places that were made steady may be.
std::vector<Atom> CrystalAndStrays() {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> jitter(-0.5, 0.5);
  std::vector<Atom> atoms;
  for (int row = 0; row < 20; ++row) {
    for (int column = 0; column < 20; ++column) {
      const double x = kSpacingPx * (column + 1), y = kSpacingPx * (row + 1);
      if (std::hypot(x - 77, y - 77) < 12) continue;  // a hole …
      atoms.push_back(At(x + jitter(random), y + jitter(random)));
    }
  }
  atoms.push_back(At(77, 77));  // … with one that is left in it
  for (int row = 0; row < 8; ++row) {
    for (int column = 0; column < 8; ++column) {
      atoms.push_back(At(200 + 12 * column + jitter(random), 12 * row - 20 + jitter(random)));
      atoms.push_back(At(12 * column - 60 + jitter(random), 220 + 12 * row + jitter(random)));
    }
  }
  for (const double x : {400.0, 520.0, 1000.0}) atoms.push_back(At(x, 300));
  return atoms;
}

// The definition, atom by atom: the 24 nearest of those within four d_NN.
std::vector<int> NearestTo(int atom, const std::vector<Atom>& atoms, double d_nn_px) {
  const auto square = [&](int other) {
    const float x = atoms[other].x_px - atoms[atom].x_px, y = atoms[other].y_px - atoms[atom].y_px;
    return x * x + y * y;
  };
  std::vector<int> nearest;
  for (int other = 0; other < static_cast<int>(atoms.size()); ++other) {
    if (other != atom && square(other) <= 16 * d_nn_px * d_nn_px) nearest.push_back(other);
  }
  std::sort(nearest.begin(), nearest.end(), [&](int a, int b) { return square(a) < square(b); });
  if (nearest.size() > 24) nearest.resize(24);
  return nearest;
}

TEST(SublatticeComparisonTest, TheNearestStandInForPeersOfAtomsThatBondToNobody) {
  const std::vector<Atom> atoms = CrystalAndStrays();
  const auto graph = BondGraph::Build(atoms, kSpacingPx, BondOptions());
  ASSERT_TRUE(graph.ok()) << graph.status();
  const SublatticeComparison comparison(*graph, atoms, std::vector<float>(atoms.size(), 1.0f));
  int with_all = 0, with_some = 0, with_none = 0;
  for (int atom = 0; atom < static_cast<int>(atoms.size()); ++atom) {
    if (comparison.HasOwnPeers(atom)) continue;
    const std::vector<int> expected = NearestTo(atom, atoms, graph->d_nn_px());
    EXPECT_THAT(comparison.Peers(atom), UnorderedElementsAreArray(expected)) << atom;
    ++(expected.empty() ? with_none : expected.size() < 24 ? with_some : with_all);
  }
  // It was asked of each kind.
  EXPECT_GE(with_all, 1);
  EXPECT_GE(with_some, 100);
  EXPECT_EQ(with_none, 3);
}

}  // namespace
}  // namespace atomstream
