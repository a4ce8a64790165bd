// Unit cell: the frame averaged over all its lattice cells, and the columns that this average
// shows. Averaging over hundreds of cells beats noise that hides single columns. Pure; any thread.
#ifndef ATOMSTREAM_CORE_LATTICE_UNIT_CELL_H_
#define ATOMSTREAM_CORE_LATTICE_UNIT_CELL_H_

#include <array>
#include <vector>

#include "core/image/frame.h"
#include "core/lattice/material.h"

namespace atomstream {

struct UnitCell {
  Image average;                 // kUnitCellBins x kUnitCellBins, rows along the second vector
  std::vector<Vector2> columns;  // fractional coordinates of the columns, brightest first
  double d_nn_px = 0;            // shortest distance between columns
};

inline constexpr int kUnitCellBins = 40;

// `reciprocal`: the lattice's reciprocal basis in cycles per pixel.
UnitCell AverageUnitCell(const Image& image, const std::array<Vector2, 2>& reciprocal);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_LATTICE_UNIT_CELL_H_
