#include "core/structure/descriptors.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "opencv2/imgproc.hpp"

namespace atomstream {
namespace {

constexpr double kLeastWeight = 1e-6;  // stays positive, however wide the patch

Eigen::VectorXf PointWeights(const DescriptorOptions& options) {
  Eigen::VectorXf weight(options.grid * options.grid);
  const double step = options.side_d_nn / options.grid;
  const double middle = (options.grid - 1) / 2.0;
  const double scale = -0.5 * step * step / (options.taper_d_nn * options.taper_d_nn);
  for (int i = 0; i < weight.size(); ++i) {
    const double x = i % options.grid - middle;
    const double y = i / options.grid - middle;
    weight[i] = static_cast<float>(std::max(std::exp(scale * (x * x + y * y)), kLeastWeight));
  }
  return weight;
}

}  // namespace

absl::Status ValidateDescriptorOptions(const DescriptorOptions& options) {
  if (!(options.side_d_nn >= 0.5 && options.side_d_nn <= 10)) {
    return absl::InvalidArgumentError(
        absl::StrCat("side_d_nn = ", options.side_d_nn, ": must be in [0.5, 10]"));
  }
  if (options.grid < 3 || options.grid > 64) {
    return absl::InvalidArgumentError(
        absl::StrCat("grid = ", options.grid, ": must be in [3, 64]"));
  }
  if (!(options.taper_d_nn >= 0.2 && options.taper_d_nn <= 100)) {
    return absl::InvalidArgumentError(
        absl::StrCat("taper_d_nn = ", options.taper_d_nn, ": must be in [0.2, 100]"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Descriptors> ExtractDescriptors(const Image& image, const std::vector<Atom>& atoms,
                                               double d_nn_px, const DescriptorOptions& options) {
  RETURN_IF_ERROR(ValidateDescriptorOptions(options));
  if (!(d_nn_px > 0) || !std::isfinite(d_nn_px)) {
    return absl::InvalidArgumentError(absl::StrCat("d_nn_px = ", d_nn_px, ": must be positive"));
  }
  const int grid = options.grid;
  const double step = options.side_d_nn * d_nn_px / grid;
  const float half = static_cast<float>(step * (grid - 1) / 2);

  Descriptors result;
  result.grid = grid;
  result.weight = PointWeights(options);
  for (size_t i = 0; i < atoms.size(); ++i) {
    const float x = atoms[i].x_px, y = atoms[i].y_px;
    if (!std::isfinite(x) || !std::isfinite(y)) {
      return absl::InvalidArgumentError(
          absl::StrCat("atoms[", i, "] = (", x, ", ", y, "): must be finite"));
    }
    const bool inside =
        x - half >= 0 && y - half >= 0 && x + half <= image.cols - 1 && y + half <= image.rows - 1;
    if (inside) {
      result.atoms.push_back(static_cast<int>(i));
    } else {
      ++result.dropped_at_edge;
    }
  }
  result.patches.resize(result.size(), grid * grid);
  if (result.atoms.empty()) return result;

  return CatchToStatus("descriptors", [&]() -> absl::StatusOr<Descriptors> {
    Image smooth = image;
    if (step > kMaxPointStepPx) {
      const int side = static_cast<int>(std::lround(step));
      smooth = Image();  // else it would be written into `image`, whose pixels it shares
      cv::blur(image, smooth, {side, side}, {-1, -1}, cv::BORDER_REFLECT);
    }
    std::vector<int> columns(grid);
    std::vector<float> shares(grid);
    for (int row = 0; row < result.size(); ++row) {
      const Atom& atom = atoms[result.atoms[row]];
      for (int i = 0; i < grid; ++i) {
        const float x = atom.x_px - half + static_cast<float>(i * step);
        // The last column or row has no next one: its neighbour before it, with the whole share.
        columns[i] = std::clamp(static_cast<int>(x), 0, image.cols - 2);
        shares[i] = x - columns[i];
      }
      float* out = result.patches.row(row).data();
      for (int j = 0; j < grid; ++j) {
        const float y = atom.y_px - half + static_cast<float>(j * step);
        const int r = std::clamp(static_cast<int>(y), 0, image.rows - 2);
        const float share = y - r;
        const float* upper = smooth[r];
        const float* lower = smooth[r + 1];
        for (int i = 0; i < grid; ++i, ++out) {
          const int c = columns[i];
          const float top = upper[c] + shares[i] * (upper[c + 1] - upper[c]);
          const float bottom = lower[c] + shares[i] * (lower[c + 1] - lower[c]);
          *out = top + share * (bottom - top);
        }
      }
    }
    return std::move(result);
  });
}

}  // namespace atomstream
