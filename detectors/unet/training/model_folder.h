// Model folder: writes what LoadModelManifest reads: TorchScript files, golden tensors, manifest.
#ifndef ATOMSTREAM_DETECTORS_UNET_TRAINING_MODEL_FOLDER_H_
#define ATOMSTREAM_DETECTORS_UNET_TRAINING_MODEL_FOLDER_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace atomstream {

// One line of a model's validation table.
struct ValidationRow {
  std::string material;
  double pixel_size_nm = 0;
  double noise = 0;  // standard deviation on a frame scaled to [0, 1]
  double precision = 0, recall = 0, f1 = 0;
};

struct ModelDescription {
  std::string name;
  std::string architecture;
  int size_multiple_px = 8;
  double scale_px_per_d_nn = 0;
  double atom_area_px2 = 0;  // as ModelInfo
  double golden_tolerance = 0;
  std::vector<std::string> networks;            // paths of TorchScript files, one a member
  std::map<std::string, std::string> training;  // how it was made, for people
  std::vector<ValidationRow> validation;
};

// OK: a model may be written to `folder`: there is none yet, or it holds files of a model only.
// FailedPrecondition names what else is there and would be deleted.
absl::Status CheckReplaceable(const std::string& folder);

// Writes a folder that replaces one of the same name, if it may: CheckReplaceable. The golden input
// is a simulated graphene frame. Unavailable names a file that cannot be written.
absl::Status WriteModelFolder(const ModelDescription& model, const std::string& folder);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_TRAINING_MODEL_FOLDER_H_
