#include "detectors/unet/tile_grid.h"

#include <tuple>
#include <vector>

#include "gtest/gtest.h"

namespace atomstream {
namespace {

Image RandomImage(int width, int height) {
  Image image(height, width);
  cv::RNG random(7);
  random.fill(image, cv::RNG::UNIFORM, 0.0, 1.0);
  return image;
}

Image Reassemble(const TileGrid& grid, const Image& image) {
  Image sum(image.rows, image.cols, 0.0f);
  for (int i = 0; i < grid.count(); ++i) grid.Add(grid.Cut(image, i), i, sum);
  return sum;
}

TEST(TileGridTest, TilesPutTogetherAreTheImage) {
  for (const auto& [width, height] : std::vector<std::tuple<int, int>>{
           {1, 1}, {7, 300}, {128, 128}, {129, 130}, {225, 128}, {433, 433}, {1000, 517}}) {
    for (const int tile_px : kTileSizes) {
      for (const int overlap : {0, 1, 32, 64}) {
        const Image image = RandomImage(width, height);
        const TileGrid grid(width, height, tile_px, overlap);
        // Weights are rounded to float: a few 1e-7 of the values.
        EXPECT_LT(cv::norm(Reassemble(grid, image), image, cv::NORM_INF), 1e-6)
            << width << " x " << height << " in " << tile_px << ", " << overlap;
      }
    }
  }
}

TEST(TileGridTest, TakesTheTileSizeThatCostsLeast) {
  EXPECT_EQ(TileGrid(100, 128, 512, 32).tile_px(), 128);
  EXPECT_EQ(TileGrid(200, 256, 512, 32).tile_px(), 256);
  EXPECT_EQ(TileGrid(400, 512, 512, 32).tile_px(), 512);
  EXPECT_EQ(TileGrid(400, 512, 256, 32).tile_px(), 256);
  // Nine tiles of 128 are fewer pixels than four of 256.
  EXPECT_EQ(TileGrid(300, 300, 512, 32).tile_px(), 128);
  EXPECT_EQ(TileGrid(300, 300, 512, 32).count(), 9);
  // 20 tiles of 128 have fewer pixels than six of 256, but a small tile's pixels take longer.
  EXPECT_EQ(TileGrid(490, 400, 256, 32).tile_px(), 256);
  EXPECT_EQ(TileGrid(1, 1, 512, 32).count(), 1);
}

TEST(TileGridTest, WhatATileSaysAtItsEdgeInsideTheImageCountsNothing) {
  const int overlap = 32, margin = overlap / 4;
  const TileGrid grid(480, 250, 256, overlap);
  ASSERT_EQ(grid.tile_px(), 256);
  ASSERT_EQ(grid.count(), 2);
  Image sum(250, 480, 0.0f);
  Image tile(256, 256, 0.0f);
  tile.colRange(256 - margin, 256) = 1e9f;  // of the left tile, beside the right one
  grid.Add(tile, 0, sum);
  tile = 0.0f;
  tile.colRange(0, margin) = 1e9f;
  grid.Add(tile, 1, sum);
  EXPECT_EQ(cv::norm(sum, cv::NORM_INF), 0);
}

TEST(TileGridTest, TheImagesOwnEdgeCountsFully) {
  const TileGrid grid(480, 250, 256, 32);
  Image sum(250, 480, 0.0f);
  grid.Add(Image(256, 256, 1.0f), 0, sum);
  EXPECT_EQ(sum(0, 0), 1);
  EXPECT_EQ(sum(249, 0), 1);
  EXPECT_EQ(sum(0, 479), 0);
}

TEST(TileGridTest, AnImageSmallerThanATileIsMirrored) {
  const Image image = (Image(2, 3) << 1, 2, 3, 4, 5, 6);
  const Image tile = TileGrid(3, 2, 128, 32).Cut(image, 0);
  ASSERT_EQ(tile.rows, 128);
  ASSERT_EQ(tile.cols, 128);
  const float first_row[] = {1, 2, 3, 3, 2, 1, 1, 2};
  for (int x = 0; x < 8; ++x) EXPECT_EQ(tile(0, x), first_row[x]) << x;
  EXPECT_EQ(tile(2, 0), 4);
  EXPECT_EQ(tile(3, 0), 1);
  EXPECT_EQ(tile(4, 0), 1);
}

TEST(TileGridTest, BlendsGradually) {
  // Two tiles that disagree by 1: nowhere a step, which an atom finder would take for an edge.
  const TileGrid grid(480, 200, 256, 32);
  Image sum(200, 480, 0.0f);
  grid.Add(Image(256, 256, 1.0f), 1, sum);
  for (int x = 1; x < 480; ++x) {
    // A smoothstep over half the overlap of 32 px rises by at most 1.5 / 16 a pixel.
    EXPECT_LE(sum(0, x) - sum(0, x - 1), 1.5 / 16 + 1e-6) << x;
    EXPECT_GE(sum(0, x), sum(0, x - 1)) << x;
  }
  EXPECT_EQ(sum(0, 0), 0);
  EXPECT_EQ(sum(0, 479), 1);
}

}  // namespace
}  // namespace atomstream
