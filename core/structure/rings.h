// Rings: the faces of the bond graph, that is the smallest closed ways along bonds. A honeycomb is
// all hexagons, a square lattice all squares; vacancies, holes and grain boundaries show as others.
// Plain data; pure function, any thread.
#ifndef ATOMSTREAM_CORE_STRUCTURE_RINGS_H_
#define ATOMSTREAM_CORE_STRUCTURE_RINGS_H_

#include <vector>

#include "core/structure/atom.h"
#include "core/structure/bond_graph.h"

namespace atomstream {

struct Ring {
  std::vector<int> atoms;  // in order; an atom at a dangling bond's root comes more than once
  double area_px2 = 0;     // <= 0: the outside of a connected piece
  bool outer() const { return area_px2 <= 0; }
  int size() const { return static_cast<int>(atoms.size()); }
};

// Every face; each bond borders two, or one from both sides. Atoms without bonds are in none.
std::vector<Ring> FindRings(const std::vector<Atom>& atoms, const BondGraph& graph);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_RINGS_H_
