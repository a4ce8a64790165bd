#include "detectors/log_star/peak_cache.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/blob/scale_space.h"
#include "opencv2/imgproc.hpp"

namespace atomstream {
namespace {

// Scales of the search in d_NN. F1 is flat between 0.26 and 0.38 and collapses below 0.2 in noise.
constexpr double kMinSigma = 0.22;
constexpr double kMaxSigma = 0.38;
constexpr int kNumSigma = 5;
// Gaussian denoising: narrower than an atom.
constexpr double kDenoisingSigma = 0.12;
// Responses below this are float32 rounding, not signal, on a frame of range 1.
constexpr float kMinResponse = 1e-5f;
// In vacuum only blobs as bright as the brighter half of the atoms are believed.
constexpr float kMaterialLevel = 0.5f;

Image Preprocessed(const FrameSurvey& survey, Preprocessing preprocessing) {
  switch (preprocessing) {
    case Preprocessing::kNone:
      return survey.image.clipped;
    case Preprocessing::kGaussian: {
      Image smooth;
      const double sigma = kDenoisingSigma * survey.lattice.d_nn_px;
      cv::GaussianBlur(survey.image.clipped, smooth, cv::Size(), sigma, sigma, cv::BORDER_REFLECT);
      return smooth;
    }
    case Preprocessing::kLattice:
      return survey.filtered.filtered;
  }
  return survey.image.clipped;
}

// The response that `rank` of the (unsorted) responses exceed; the smallest if there are fewer.
float ResponseAtRank(std::vector<float>& responses, double rank) {
  if (responses.empty()) return kMinResponse;
  const auto nth = responses.begin() + std::clamp<int>(static_cast<int>(rank), 0,
                                                       static_cast<int>(responses.size()) - 1);
  std::nth_element(responses.begin(), nth, responses.end(), std::greater<float>());
  return *nth;
}

void FinishVariant(const FrameSurvey& survey, PreprocessedPeaks& variant) {
  const double expected = survey.ExpectedAtoms(survey.WholeFrame());
  const auto in_vacuum = [&](const ScalePeak& peak) {
    return survey.filtered.material(peak.y_px, peak.x_px) < kMaterialLevel;
  };
  // The middle scale says which responses matter. Peaks below are many, and not listed at all.
  std::vector<float> responses;
  std::vector<float> in_material;
  for (const ScalePeak& peak :
       FindScalePeaks({variant.stack[variant.stack.size() / 2]}, kMinResponse)) {
    responses.push_back(peak.response);
    if (!in_vacuum(peak)) in_material.push_back(peak.response);
  }
  const float typical = ResponseAtRank(responses, 0.5 * expected);
  variant.max_threshold = ResponseAtRank(in_material, 0.5 * expected);
  variant.min_threshold =
      std::min<double>(ResponseAtRank(in_material, 2.5 * expected), 0.5 * variant.max_threshold);
  const float below = std::nextafter(static_cast<float>(variant.min_threshold), 0.0f);
  variant.peaks = FindScalePeaks(variant.stack, std::max(kMinResponse, below));
  std::erase_if(variant.peaks, [&](const ScalePeak& peak) {
    return peak.response < variant.min_threshold || (peak.response < typical && in_vacuum(peak));
  });
  SortByResponse(variant.peaks);
}

}  // namespace

PeakCache PeakCache::Build(const FrameSurvey& survey,
                           const std::vector<Preprocessing>& preprocessing, Executor& executor) {
  PeakCache cache;
  cache.sigmas_px = SigmaLevels(kMinSigma * survey.lattice.d_nn_px,
                                kMaxSigma * survey.lattice.d_nn_px, kNumSigma, /*log_scale=*/false);
  std::vector<Image> images;
  for (Preprocessing p : preprocessing) {
    if (p == Preprocessing::kLattice && !survey.has_lattice_filter) continue;
    cache.variants.push_back({p, std::vector<Image>(kNumSigma), {}, 0, 0});
    images.push_back(Preprocessed(survey, p));
  }
  if (cache.variants.empty()) {
    // Only the lattice filter was allowed, and there is no lattice.
    cache.variants.push_back({Preprocessing::kNone, std::vector<Image>(kNumSigma), {}, 0, 0});
    images.push_back(survey.image.clipped);
  }
  executor.ParallelFor(static_cast<int>(images.size()) * kNumSigma, [&](int task) {
    const int variant = task / kNumSigma;
    const int level = task % kNumSigma;
    cache.variants[variant].stack[level] = LogResponse(images[variant], cache.sigmas_px[level]);
  });
  executor.ParallelFor(static_cast<int>(cache.variants.size()),
                       [&](int variant) { FinishVariant(survey, cache.variants[variant]); });
  return cache;
}

}  // namespace atomstream
