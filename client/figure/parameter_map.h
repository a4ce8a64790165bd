// The hyper-parameter map: which parameters each place of the frame has, from the windows' chosen
// solutions. ParameterCells is pure; DrawParameterMaps draws on a canvas and keeps nothing.
#ifndef ATOMSTREAM_CLIENT_FIGURE_PARAMETER_MAP_H_
#define ATOMSTREAM_CLIENT_FIGURE_PARAMETER_MAP_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/figure/canvas.h"
#include "client/figure/figure.h"

namespace atomstream::figure {

// Cells around the windows' centres, which lie on a grid.
struct ParameterCells {
  std::vector<double> x_edges;  // pixels of the frame, rising, one more than columns
  std::vector<double> y_edges;
  // Row by row; null: no window has its centre there.
  std::vector<const v1::WindowFront*> windows;

  size_t columns() const { return x_edges.size() - 1; }
};

// `windows` is not empty and outlives the result.
ParameterCells CellsOf(const std::vector<v1::WindowFront>& windows);

std::vector<v1::WindowFront> WindowsOf(const FigureInput& input);

// "Hyper-parameters of 36 windows of 256 px, 12 searched in this frame".
std::string MapTitle(const std::vector<v1::WindowFront>& windows);

// `maps` of threshold, largest sigma, smallest sigma, side by side.
inline constexpr int kMaxMaps = 3;
double MapsHeight(const FigureInput& input, double width, int maps);
void DrawParameterMaps(Canvas& canvas, const Box& box, const FigureInput& input, int maps);

}  // namespace atomstream::figure

#endif  // ATOMSTREAM_CLIENT_FIGURE_PARAMETER_MAP_H_
