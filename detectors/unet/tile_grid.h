// TileGrid: an image cut into overlapping square tiles of a few fixed sizes, and put together again
// without seams. Fixed sizes, so that the network's library plans its kernels and memory once a
// size instead of once a frame.
//
// Immutable after its construction; any thread.
#ifndef ATOMSTREAM_DETECTORS_UNET_TILE_GRID_H_
#define ATOMSTREAM_DETECTORS_UNET_TILE_GRID_H_

#include <array>
#include <vector>

#include "core/image/frame.h"

namespace atomstream {

inline constexpr std::array<int, 3> kTileSizes = {128, 256, 512};

class TileGrid {
 public:
  // The tiles are of the size that takes the least time in all, at most `max_tile_px` (one of
  // kTileSizes); of equals, the largest. They are spread evenly, neighbours share at least
  // `overlap_px` (0 to half of kTileSizes[0]) pixels.
  TileGrid(int width_px, int height_px, int max_tile_px, int overlap_px);

  int tile_px() const { return tile_px_; }
  int count() const { return static_cast<int>(left_px_.size() * top_px_.size()); }

  // Tile `index` of `image`, whose size is the grid's. Beyond an image that is smaller than a tile
  // its mirror image follows.
  Image Cut(const Image& image, int index) const;

  // Adds the tile to `sum`, of the image's size: weighted such that the tiles' weights sum to 1 at
  // each pixel. The outer quarter of an overlap counts nothing (the network there saw the tile's
  // edge), the weight then rises smoothly.
  void Add(const Image& tile, int index, Image& sum) const;

 private:
  const int width_px_;
  const int height_px_;
  int tile_px_ = 0;
  std::vector<int> left_px_;  // of each column of tiles
  std::vector<int> top_px_;   // of each row of tiles
  // Of each column (row): the weight of its tiles' pixels along x (y).
  std::vector<std::vector<float>> x_weights_;
  std::vector<std::vector<float>> y_weights_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_DETECTORS_UNET_TILE_GRID_H_
