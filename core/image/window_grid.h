// Window grid: the sliding windows of a frame. Pure functions; any thread.
#ifndef ATOMSTREAM_CORE_IMAGE_WINDOW_GRID_H_
#define ATOMSTREAM_CORE_IMAGE_WINDOW_GRID_H_

#include <cstdint>
#include <vector>

namespace atomstream {

// A sub-image, inside the frame.
struct Window {
  int x_px = 0;  // left column
  int y_px = 0;  // top row
  int width_px = 0;
  int height_px = 0;
};

// Windows of side `size_px` (cut to the frame), `floor(stride * size_px)` px apart, row by row.
// With 256 px at a stride of 0.2 a 512 x 512 frame has the 36 windows of the paper; its last pixel
// row belongs to no window. Only where a tenth of a window or more would be left out at the frame's
// far edge, one more row or column of windows is aligned with that edge.
std::vector<Window> MakeWindowGrid(int frame_width_px, int frame_height_px, int size_px,
                                   double stride);

// An order of 0 … count - 1 in which every prefix covers the range evenly (multiples of the golden
// ratio), beginning at a place that moves with `turn`: frame by frame all windows have their turn
// although each frame has time for a few.
std::vector<int> SpreadOrder(int count, int64_t turn);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_IMAGE_WINDOW_GRID_H_
