// LatticeSummary: what a result says about the lattice of its frame, whichever detector measured
// it. Plain data.
#ifndef ATOMSTREAM_CORE_LATTICE_LATTICE_SUMMARY_H_
#define ATOMSTREAM_CORE_LATTICE_LATTICE_SUMMARY_H_

#include <string>

namespace atomstream {

struct LatticeSummary {
  bool found = false;                 // false: no periodicity stood out; the numbers below are 0
                                      // unless metadata and material gave them
  double d_nn_px = 0;                 // nearest-neighbour distance that was used
  double pixel_size_nm_metadata = 0;  // 0: unknown
  double pixel_size_nm_measured = 0;  // 0: material unknown ("auto") or lattice not found
  double pixel_size_nm_used = 0;
  bool metadata_disagrees = false;    // measured and metadata scale differ by > 5 %
  double orientation_rad = 0;         // of the first lattice vector, [0, pi)
  double expected_atoms = 0;          // in the frame: material area x density
  double material_area_fraction = 0;  // share of the frame that is material
  std::string material;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_LATTICE_LATTICE_SUMMARY_H_
