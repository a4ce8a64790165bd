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
// BrightnessOutlier) and by about what a whole atom adds, and without a peak that stands out of the
// noise. A light dopant is dark too, but takes less away and has a peak; where noise hides that, a
// place as dark as an empty one is called empty. Atoms without peers of their own are not judged.
// `comparison` is of these atoms; `d_nn_px` > 0.
std::vector<bool> FindEmptyPlaces(const Image& image, const std::vector<Atom>& atoms,
                                  const SublatticeComparison& comparison, double d_nn_px,
                                  double sigmas);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_EMPTY_PLACES_H_
