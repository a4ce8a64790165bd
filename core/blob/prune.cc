#include "core/blob/prune.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace atomstream {
namespace {

constexpr double kSqrt2 = 1.4142135623730951;

struct Extent {
  float width = 1;
  float height = 1;
  float max_sigma = 0;
};

Extent ExtentOf(const std::vector<Blob>& blobs) {
  Extent extent;
  for (const Blob& blob : blobs) {
    extent.width = std::max(extent.width, blob.x_px + 1);
    extent.height = std::max(extent.height, blob.y_px + 1);
    extent.max_sigma = std::max(extent.max_sigma, blob.sigma_px);
  }
  return extent;
}

}  // namespace

double BlobOverlap(const Blob& a, const Blob& b) {
  // In units of the larger radius, as the area ratio does not depend on it.
  const double max_sigma = std::max(a.sigma_px, b.sigma_px);
  if (max_sigma <= 0) return 0;
  const double large = 1;
  const double small = std::min(a.sigma_px, b.sigma_px) / max_sigma;
  const double d = std::hypot(a.x_px - b.x_px, a.y_px - b.y_px) / (max_sigma * kSqrt2);
  if (d > large + small) return 0;
  if (d <= large - small) return 1;
  const double cos_large = std::clamp((d * d + 1 - small * small) / (2 * d), -1.0, 1.0);
  const double cos_small = std::clamp((d * d + small * small - 1) / (2 * d * small), -1.0, 1.0);
  const double kite =
      (-d + small + large) * (d - small + large) * (d + small - large) * (d + small + large);
  const double area =
      small * small * std::acos(cos_small) + std::acos(cos_large) - 0.5 * std::sqrt(std::abs(kite));
  return area / (M_PI * small * small);
}

std::vector<Blob> PruneLikeScikitImage(const std::vector<Blob>& blobs, double overlap) {
  const Extent extent = ExtentOf(blobs);
  // A cell as wide as the typical blob reaches: large blobs are rare and may visit many cells.
  PointGrid grid(extent.width, extent.height, std::max(4.0f, extent.max_sigma));
  for (const Blob& blob : blobs) grid.Add(blob.x_px, blob.y_px);

  std::vector<int> by_sigma(blobs.size());
  std::iota(by_sigma.begin(), by_sigma.end(), 0);
  std::stable_sort(by_sigma.begin(), by_sigma.end(),
                   [&](int i, int j) { return blobs[i].sigma_px > blobs[j].sigma_px; });
  std::vector<bool> gone(blobs.size(), false);
  std::vector<int> neighbours;
  for (int i : by_sigma) {
    if (gone[i]) continue;
    neighbours.clear();
    grid.ForEachWithin(blobs[i].x_px, blobs[i].y_px, 2 * kSqrt2 * blobs[i].sigma_px,
                       [&](int j, float) {
                         if (j != i) neighbours.push_back(j);
                         return true;
                       });
    std::sort(neighbours.begin(), neighbours.end());
    for (int j : neighbours) {
      if (gone[j] || blobs[j].sigma_px > blobs[i].sigma_px) continue;
      if (blobs[j].sigma_px == blobs[i].sigma_px && j < i) continue;  // that pair was j's turn
      if (BlobOverlap(blobs[i], blobs[j]) <= overlap) continue;
      if (blobs[j].sigma_px == blobs[i].sigma_px) {
        gone[i] = true;
        break;
      }
      gone[j] = true;
    }
  }
  std::vector<Blob> kept;
  for (size_t i = 0; i < blobs.size(); ++i) {
    if (!gone[i]) kept.push_back(blobs[i]);
  }
  return kept;
}

BrightestFirstPruner::BrightestFirstPruner(double width, double height, double max_sigma_px,
                                           double overlap, double min_spacing_px)
    : overlap_(overlap),
      reach_(std::max(min_spacing_px, overlap < 1 ? 2 * kSqrt2 * max_sigma_px : 0.0)),
      spacing_squared_(static_cast<float>(min_spacing_px * min_spacing_px)),
      grid_(width, height, std::max(2.0, reach_)) {}

bool BrightestFirstPruner::Offer(const Blob& blob) {
  bool free = true;
  grid_.ForEachWithin(blob.x_px, blob.y_px, reach_, [&](int i, float distance_squared) {
    free = distance_squared >= spacing_squared_ &&
           (overlap_ >= 1 || BlobOverlap(kept_[i], blob) <= overlap_);
    return free;
  });
  if (!free) return false;
  grid_.Add(blob.x_px, blob.y_px);
  kept_.push_back(blob);
  return true;
}

std::vector<Blob> PruneBrightestFirst(const std::vector<Blob>& blobs, double overlap,
                                      double min_spacing_px) {
  const Extent extent = ExtentOf(blobs);
  BrightestFirstPruner pruner(extent.width, extent.height, extent.max_sigma, overlap,
                              min_spacing_px);
  for (const Blob& blob : blobs) pruner.Offer(blob);
  return pruner.TakeKept();
}

}  // namespace atomstream
