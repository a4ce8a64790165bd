// Empty places: atoms of a detector that are none. A detector that expects an atom at each place of
// the lattice is led to vacancies, and would have them taken for dark dopants, and their neighbours
// for bulk. Pure function; any thread.
#ifndef ATOMSTREAM_CORE_STRUCTURE_EMPTY_PLACES_H_
#define ATOMSTREAM_CORE_STRUCTURE_EMPTY_PLACES_H_

#include <vector>

#include "core/image/frame.h"
#include "core/structure/atom.h"
#include "core/structure/site_brightness.h"

namespace atomstream {

// Of each atom whether its place is empty: darker than its sublattice by more than `sigmas` (see
// BrightnessOutlier), and without a peak of its own, that is with less than a third of the height
// by which the atoms of its sublattice stand out from their surroundings. A light dopant is dark
// too, but has a peak. `comparison` is of these atoms; `d_nn_px` > 0.
std::vector<bool> FindEmptyPlaces(const Image& image, const std::vector<Atom>& atoms,
                                  const SublatticeComparison& comparison, double d_nn_px,
                                  double sigmas);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_EMPTY_PLACES_H_
