// Served validation: what a finished model finds in simulated frames of known materials, measured
// through the very code that serves it. Fills the manifest's validation table.
#ifndef ATOMSTREAM_DETECTORS_UNET_TRAINING_SERVED_VALIDATION_H_
#define ATOMSTREAM_DETECTORS_UNET_TRAINING_SERVED_VALIDATION_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "detectors/unet/segmenter.h"
#include "detectors/unet/training/model_folder.h"

namespace atomstream {

// Graphene at 0.01, 0.02, 0.03 and SrTiO3 at 0.01, 0.02, 0.035 nm a pixel, noise 0 to 0.7, frames
// of 256 px with 1 % vacancies (and 0.5 % silicon in graphene); mean of `seeds` frames each.
absl::StatusOr<std::vector<ValidationRow>> ValidateServed(const Segmenter& segmenter, int seeds,
                                                          const Clock& clock);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_TRAINING_SERVED_VALIDATION_H_
