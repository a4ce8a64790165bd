// ModelManifest: what the file manifest.json of a model folder says about its network. Plain data,
// checked as far as that goes without torch.
//
// A model folder holds manifest.json, manifest.json.sha256 (one line as sha256sum writes it), one
// TorchScript file a member and the golden tensors. docs/models.md describes every field.
#ifndef ATOMSTREAM_DETECTORS_UNET_MODEL_MANIFEST_H_
#define ATOMSTREAM_DETECTORS_UNET_MODEL_MANIFEST_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/image/frame.h"
#include "detectors/unet/segmenter.h"

namespace atomstream {

// A file of the model folder.
struct ModelFile {
  std::string name;    // plain: no folder in it
  std::string sha256;  // 64 lower-case hexadecimal digits
};

struct ModelMember {
  ModelFile script;         // TorchScript: [batch, 1, height, width] float32 -> the same shape
  ModelFile golden_output;  // of the golden input; raw little-endian float32 rows
};

// What the network's forward() returns.
enum class ModelOutput { kLogit, kProbability };

struct ModelManifest {
  std::string name;
  std::string sha256;  // of manifest.json itself
  std::string architecture;
  int size_multiple_px = 8;  // the input's sides must be multiples of this
  double scale_px_per_d_nn = 0;
  InputNormalisation normalisation = InputNormalisation::kQuantile;
  ModelOutput output = ModelOutput::kLogit;
  double atom_area_px2 = 0;  // these two as ModelInfo
  double threshold = 0;
  std::vector<ModelMember> members;

  // A frame in which atoms are golden_d_nn_px apart, at the network's scale and normalised. Each
  // member's probabilities for it must be within golden_tolerance of its golden output.
  ModelFile golden_input;  // raw little-endian float32 rows
  int golden_width_px = 0;
  int golden_height_px = 0;
  double golden_tolerance = 0;

  ModelInfo info() const;
};

// Reads and checks <folder>/manifest.json and its sha256: every field is present, of its type and
// in its range; no unknown field; every named file is there, has its sha256 and (golden tensors)
// its size; the golden input's lattice has the stated scale within 5 %. Errors name the file, the
// field and the value: NotFound, InvalidArgument, DataLoss (a sha256 differs).
absl::StatusOr<ModelManifest> LoadModelManifest(const std::string& folder);

// A golden tensor, read and checked as above.
absl::StatusOr<Image> LoadGolden(const std::string& folder, const ModelManifest& manifest,
                                 const ModelFile& file);

// The whole file with its sha256 checked: what is then handed to torch is what was checked.
absl::StatusOr<std::string> ReadModelFile(const std::string& folder, const ModelFile& file);

// 64 lower-case hexadecimal digits.
std::string Sha256Hex(const std::string& bytes);

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_MODEL_MANIFEST_H_
