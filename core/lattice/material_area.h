// Material area: where in the frame there is crystal and where there is vacuum. N_expected counts
// the area of the material only; a hole is no reason to invent atoms. Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_LATTICE_MATERIAL_AREA_H_
#define ATOMSTREAM_CORE_LATTICE_MATERIAL_AREA_H_

#include "core/image/frame.h"

namespace atomstream {

// What noise looks like after a band-pass.
struct BandNoise {
  double mean_square = 0;
  double correlation_area_px = 1;  // over this area it is alike
};

// Soft mask, 1: material, 0: vacuum, from two signs that fail in different ways:
// - the lattice's local energy (`band` squared and averaged) against the noise's: right wherever
// the
//   averaging that beats the noise still resolves the hole;
// - the local mean brightness, which noise hardly touches, but whose meaning differs from frame to
//   frame: the brightness below which the lattice's energy vanishes is taken for vacuum's.
// A sign that says nothing (too much noise, no vacuum) leaves the other one alone.
// `image`: the normalised frame; `band`: its lattice band; both of one size. `d_nn_px` > 0.
Image MaterialMask(const Image& image, const Image& band, const BandNoise& noise, double d_nn_px);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_LATTICE_MATERIAL_AREA_H_
