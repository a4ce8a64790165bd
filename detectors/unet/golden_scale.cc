#include "detectors/unet/golden_scale.h"

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/image/normalise.h"
#include "core/lattice/frame_lattice.h"
#include "core/lattice/material.h"

namespace atomstream {
namespace {

constexpr double kTolerance = 0.05;

}  // namespace

absl::Status CheckGoldenScale(const Image& golden_input, double scale_px_per_d_nn) {
  const NormalisedImage image = Normalise(golden_input);
  if (image.constant) {
    return absl::InvalidArgumentError("golden.input: every value is the same");
  }
  std::vector<std::optional<Material>> materials = {std::nullopt};
  for (const Material& material : BuiltInMaterials()) materials.push_back(material);
  std::vector<std::string> found;
  for (const std::optional<Material>& material : materials) {
    const LatticeEstimate lattice = MeasureFrameLattice(image.clipped, material, 0).estimate;
    if (!lattice.found || !(lattice.d_nn_px > 0)) continue;
    if (std::abs(lattice.d_nn_px / scale_px_per_d_nn - 1) <= kTolerance) return absl::OkStatus();
    found.push_back(
        absl::StrCat(lattice.d_nn_px, " px (", material ? material->name : "auto", ")"));
  }
  if (found.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("input.scale_px_per_d_nn is ", scale_px_per_d_nn,
                   ", but in the golden input the nearest neighbours are ",
                   absl::StrJoin(found, ", "), " apart, more than 5 % from it"));
}

}  // namespace atomstream
