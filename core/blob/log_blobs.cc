#include "core/blob/log_blobs.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/blob/scale_peaks.h"
#include "core/blob/scale_space.h"

namespace atomstream {
namespace {

constexpr double kMaxSigma = 1024;
constexpr int kMaxNumSigma = 256;
constexpr size_t kMaxVoxels = size_t{1} << 30;  // 4 GiB of responses

absl::Status Refuse(absl::string_view field, double value, absl::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat(field, " = ", value, ": must be ", rule));
}

}  // namespace

absl::Status ValidateLogParams(const LogParams& params) {
  if (!(params.min_sigma_px > 0)) return Refuse("min_sigma_px", params.min_sigma_px, "positive");
  if (!(params.max_sigma_px >= params.min_sigma_px && params.max_sigma_px <= kMaxSigma)) {
    return Refuse("max_sigma_px", params.max_sigma_px,
                  absl::StrCat("in [min_sigma_px, ", kMaxSigma, "]"));
  }
  if (params.num_sigma < 1 || params.num_sigma > kMaxNumSigma) {
    return Refuse("num_sigma", params.num_sigma, absl::StrCat("in [1, ", kMaxNumSigma, "]"));
  }
  if (!(params.threshold >= 0) || !std::isfinite(params.threshold)) {
    return Refuse("threshold", params.threshold, "finite and not negative");
  }
  if (!(params.overlap >= 0 && params.overlap <= 1)) {
    return Refuse("overlap", params.overlap, "in [0, 1]");
  }
  if (!(params.min_spacing_px >= 0) || !std::isfinite(params.min_spacing_px)) {
    return Refuse("min_spacing_px", params.min_spacing_px, "finite and not negative");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Blob>> DetectLogBlobs(const Image& image, const LogParams& params,
                                                 const LogBlobOptions& options) {
  RETURN_IF_ERROR(ValidateLogParams(params));
  for (const int side : {image.cols, image.rows}) {
    if (side < 1 || side > Frame::kMaxSide) {
      return Refuse("image side", side, absl::StrCat("in [1, ", Frame::kMaxSide, "]"));
    }
  }
  if (image.total() * params.num_sigma > kMaxVoxels) {
    return absl::ResourceExhaustedError(
        absl::StrCat("num_sigma = ", params.num_sigma, ": ", params.num_sigma, " levels of ",
                     image.cols, " x ", image.rows, " pixels exceed the bound of ", kMaxVoxels));
  }
  return CatchToStatus("LoG blobs", [&]() -> absl::StatusOr<std::vector<Blob>> {
    const std::vector<double> sigmas =
        SigmaLevels(params.min_sigma_px, params.max_sigma_px, params.num_sigma, options.log_scale);
    std::vector<Image> stack;
    stack.reserve(sigmas.size());
    for (double sigma : sigmas) stack.push_back(LogResponse(image, sigma));

    const int border = options.exclude_border_px;
    std::vector<Blob> blobs;
    for (const ScalePeak& peak : FindScalePeaks(stack, static_cast<float>(params.threshold))) {
      if (!peak.InRange(0, params.num_sigma - 1)) continue;
      if (peak.x_px < border || peak.y_px < border || peak.x_px >= image.cols - border ||
          peak.y_px >= image.rows - border) {
        continue;
      }
      blobs.push_back({static_cast<float>(peak.x_px), static_cast<float>(peak.y_px),
                       static_cast<float>(sigmas[peak.level]), peak.response});
    }
    if (static_cast<int>(blobs.size()) > options.max_peaks) {
      return absl::ResourceExhaustedError(
          absl::StrCat(blobs.size(), " peaks before pruning exceed the bound of ",
                       options.max_peaks, ": raise threshold (", params.threshold,
                       ") or min_sigma_px (", params.min_sigma_px, ")"));
    }
    std::stable_sort(blobs.begin(), blobs.end(),
                     [](const Blob& a, const Blob& b) { return a.response > b.response; });
    switch (params.pruning) {
      case Pruning::kNone:
        return blobs;
      case Pruning::kScikitImage:
        return PruneLikeScikitImage(blobs, params.overlap);
      case Pruning::kBrightestFirst:
        return PruneBrightestFirst(blobs, params.overlap, params.min_spacing_px);
    }
    return blobs;
  });
}

}  // namespace atomstream
