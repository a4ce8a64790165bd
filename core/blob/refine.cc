#include "core/blob/refine.h"

#include <algorithm>
#include <cmath>

namespace atomstream {

Blob RefineBlob(const Image& response, const Blob& blob) {
  const int x = static_cast<int>(std::lround(blob.x_px));
  const int y = static_cast<int>(std::lround(blob.y_px));
  const int last_x = response.cols - 1;
  const int last_y = response.rows - 1;
  const float* rows[3];
  for (int dy = -1; dy <= 1; ++dy) rows[dy + 1] = response[std::clamp(y + dy, 0, last_y)];
  const int columns[3] = {std::max(x - 1, 0), std::clamp(x, 0, last_x), std::min(x + 1, last_x)};
  const auto at = [&](int dx, int dy) {
    return static_cast<double>(rows[dy + 1][columns[dx + 1]]);
  };
  const bool free_x = x > 0 && x < last_x;
  const bool free_y = y > 0 && y < last_y;
  // Gradient g and Hessian H by central differences; the top is at -H^-1 g.
  const double gx = free_x ? 0.5 * (at(1, 0) - at(-1, 0)) : 0;
  const double gy = free_y ? 0.5 * (at(0, 1) - at(0, -1)) : 0;
  const double hxx = free_x ? at(1, 0) - 2 * at(0, 0) + at(-1, 0) : -1;
  const double hyy = free_y ? at(0, 1) - 2 * at(0, 0) + at(0, -1) : -1;
  const double hxy = free_x && free_y ? 0.25 * (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) : 0;
  const double determinant = hxx * hyy - hxy * hxy;
  Blob refined = blob;
  if (!(determinant > 0) || !(hxx < 0)) return refined;  // no top here: a ridge or a plateau
  const double dx = -(hyy * gx - hxy * gy) / determinant;
  const double dy = -(hxx * gy - hxy * gx) / determinant;
  refined.x_px = static_cast<float>(x + std::clamp(dx, -0.5, 0.5));
  refined.y_px = static_cast<float>(y + std::clamp(dy, -0.5, 0.5));
  return refined;
}

}  // namespace atomstream
