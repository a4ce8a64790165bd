// Does a model's golden input show the scale that its manifest states? A manifest that lies about
// the scale would make every frame unfit for the network. Internal to detectors/unet. Pure; any
// thread.
#ifndef ATOMSTREAM_DETECTORS_UNET_GOLDEN_SCALE_H_
#define ATOMSTREAM_DETECTORS_UNET_GOLDEN_SCALE_H_

#include "absl/status/status.h"
#include "core/image/frame.h"

namespace atomstream {

// InvalidArgument with the measured distances if lattices are found in `golden_input` (without a
// material, then with each built-in one) and in none of them atoms are within 5 % of
// `scale_px_per_d_nn` apart. A golden input in which no lattice stands out is not refused: a model
// for what is no crystal has none.
absl::Status CheckGoldenScale(const Image& golden_input, double scale_px_per_d_nn);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_GOLDEN_SCALE_H_
