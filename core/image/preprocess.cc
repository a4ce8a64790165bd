#include "core/image/preprocess.h"

namespace atomstream {

absl::string_view PreprocessingName(Preprocessing preprocessing) {
  switch (preprocessing) {
    case Preprocessing::kNone:
      return "none";
    case Preprocessing::kGaussian:
      return "gaussian";
    case Preprocessing::kLattice:
      return "lattice";
  }
  return "unknown";
}

}  // namespace atomstream
