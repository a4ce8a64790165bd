#include "core/structure/rings.h"

namespace atomstream {

std::vector<Ring> FindRings(const std::vector<Atom>& atoms, const BondGraph& graph) {
  // From every bond, at its far end, on along the bond that comes just before the way back: that
  // keeps the face on one side. Each directed bond has one successor and one predecessor, so the
  // walk closes whatever the geometry.
  std::vector<std::vector<char>> walked(graph.size());
  for (int i = 0; i < graph.size(); ++i) walked[i].assign(graph.coordination(i), 0);
  std::vector<Ring> rings;
  for (int start = 0; start < graph.size(); ++start) {
    for (int bond = 0; bond < graph.coordination(start); ++bond) {
      if (walked[start][bond]) continue;
      Ring ring;
      double twice_area = 0;
      int at = start;
      int out = bond;
      while (!walked[at][out]) {
        walked[at][out] = 1;
        ring.atoms.push_back(at);
        const int next = graph.bonds(at)[out].atom;
        // Relative to the start, so that far coordinates lose no digits.
        twice_area +=
            double(atoms[at].x_px - atoms[start].x_px) * (atoms[next].y_px - atoms[start].y_px) -
            double(atoms[next].x_px - atoms[start].x_px) * (atoms[at].y_px - atoms[start].y_px);
        const absl::Span<const Bond> onward = graph.bonds(next);
        int back = 0;
        while (onward[back].atom != at) ++back;
        out = back == 0 ? static_cast<int>(onward.size()) - 1 : back - 1;
        at = next;
      }
      ring.area_px2 = twice_area / 2;
      rings.push_back(std::move(ring));
    }
  }
  return rings;
}

}  // namespace atomstream
