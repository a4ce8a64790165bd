// Preprocessing of a normalised frame before LoG. A search-space parameter: the rewards choose.
#ifndef ATOMSTREAM_CORE_IMAGE_PREPROCESS_H_
#define ATOMSTREAM_CORE_IMAGE_PREPROCESS_H_

#include "absl/strings/string_view.h"

namespace atomstream {

enum class Preprocessing {
  kNone,
  kGaussian,  // Gaussian denoising
  kLattice,   // soft lattice filter, gated by the local lattice amplitude
};

absl::string_view PreprocessingName(Preprocessing preprocessing);  // "none", "gaussian", "lattice"

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_IMAGE_PREPROCESS_H_
