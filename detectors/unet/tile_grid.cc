#include "detectors/unet/tile_grid.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace atomstream {
namespace {

// Tiles along a side, such that neighbours overlap by at least `overlap`.
int TileCount(int side, int tile, int overlap) {
  if (side <= tile) return 1;
  const int step = tile - overlap;
  return (side - overlap + step - 1) / step;
}

// Time of a pixel in the smallest tile over that in a larger one, measured with our network on a
// CPU: 1.4 in float32 and in bfloat16.
constexpr double kSmallestTileCost = 1.4;

int ChooseTile(int width, int height, int max_tile, int overlap) {
  int best = kTileSizes[0];
  double least_cost = std::numeric_limits<double>::infinity();
  for (const int tile : kTileSizes) {
    if (tile > max_tile) break;
    const double pixels = static_cast<double>(tile) * tile * TileCount(width, tile, overlap) *
                          TileCount(height, tile, overlap);
    const double cost = tile == kTileSizes[0] ? kSmallestTileCost * pixels : pixels;
    if (cost > least_cost) continue;
    least_cost = cost;
    best = tile;
  }
  return best;
}

std::vector<int> Starts(int side, int tile, int overlap) {
  const int count = TileCount(side, tile, overlap);
  std::vector<int> starts(count, 0);
  const int64_t last = side - tile;
  for (int i = 1; i < count; ++i) {
    starts[i] = static_cast<int>((2 * last * i + count - 1) / (2 * (count - 1)));  // rounded
  }
  return starts;
}

// Weight before scaling of the pixel that is the `depth`-th from an edge inside the image.
double EdgeWeight(int depth, int overlap) {
  const double margin = overlap / 4;
  const double ramp = overlap - 2 * margin;
  if (ramp <= 0) return 1;
  const double t = std::clamp((depth + 0.5 - margin) / ramp, 0.0, 1.0);
  return t * t * (3 - 2 * t);
}

// Weights of the tiles at `starts` along one side; at each pixel they sum to 1.
std::vector<std::vector<float>> Weights(const std::vector<int>& starts, int side, int tile,
                                        int overlap) {
  std::vector<std::vector<double>> raw(starts.size(), std::vector<double>(tile, 0));
  std::vector<double> sum(side, 0);
  for (size_t i = 0; i < starts.size(); ++i) {
    const int end = std::min(tile, side - starts[i]);
    for (int x = 0; x < end; ++x) {
      double& weight = raw[i][x];
      weight = 1;
      if (i > 0) weight *= EdgeWeight(x, overlap);
      if (i + 1 < starts.size()) weight *= EdgeWeight(tile - 1 - x, overlap);
      sum[starts[i] + x] += weight;
    }
  }
  std::vector<std::vector<float>> weights(starts.size(), std::vector<float>(tile, 0));
  for (size_t i = 0; i < starts.size(); ++i) {
    const int end = std::min(tile, side - starts[i]);
    for (int x = 0; x < end; ++x) {
      weights[i][x] = static_cast<float>(raw[i][x] / sum[starts[i] + x]);
    }
  }
  return weights;
}

}  // namespace

TileGrid::TileGrid(int width_px, int height_px, int max_tile_px, int overlap_px)
    : width_px_(width_px), height_px_(height_px) {
  tile_px_ = ChooseTile(width_px, height_px, max_tile_px, overlap_px);
  left_px_ = Starts(width_px, tile_px_, overlap_px);
  top_px_ = Starts(height_px, tile_px_, overlap_px);
  x_weights_ = Weights(left_px_, width_px, tile_px_, overlap_px);
  y_weights_ = Weights(top_px_, height_px, tile_px_, overlap_px);
}

Image TileGrid::Cut(const Image& image, int index) const {
  const int columns = static_cast<int>(left_px_.size());
  const int left = left_px_[index % columns];
  const int top = top_px_[index / columns];
  const int width = std::min(tile_px_, width_px_ - left);
  const int height = std::min(tile_px_, height_px_ - top);
  Image tile;
  cv::copyMakeBorder(image(cv::Rect(left, top, width, height)), tile, 0, tile_px_ - height, 0,
                     tile_px_ - width, cv::BORDER_REFLECT | cv::BORDER_ISOLATED);
  return tile;
}

void TileGrid::Add(const Image& tile, int index, Image& sum) const {
  const int columns = static_cast<int>(left_px_.size());
  const int column = index % columns;
  const int row = index / columns;
  const int width = std::min(tile_px_, width_px_ - left_px_[column]);
  const int height = std::min(tile_px_, height_px_ - top_px_[row]);
  const std::vector<float>& x_weight = x_weights_[column];
  for (int y = 0; y < height; ++y) {
    const float y_weight = y_weights_[row][y];
    const float* in = tile[y];
    float* out = sum[top_px_[row] + y] + left_px_[column];
    for (int x = 0; x < width; ++x) out[x] += y_weight * x_weight[x] * in[x];
  }
}

}  // namespace atomstream
