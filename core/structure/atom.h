// Atom: a located blob. Plain data.
#ifndef ATOMSTREAM_CORE_STRUCTURE_ATOM_H_
#define ATOMSTREAM_CORE_STRUCTURE_ATOM_H_

namespace atomstream {

struct Atom {
  float x_px = 0;       // column, pixel centres at integers
  float y_px = 0;       // row
  float sigma_px = 0;   // scale of the blob: the LoG level at which it was found
  float intensity = 0;  // of the normalised frame at the atom, mean over a disk of radius sigma_px
  float response = 0;   // -sigma^2 LoG of the normalised, preprocessed frame; larger is surer
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_ATOM_H_
