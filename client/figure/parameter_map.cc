#include "client/figure/parameter_map.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/figure/axis.h"
#include "client/figure/frame_panel.h"
#include "client/figure/palette.h"
#include "client/figure/panel.h"

namespace atomstream::figure {
namespace {

constexpr double kMapGap = 14;
constexpr double kMapHeader = 12;
constexpr double kLargestMap = 190;
constexpr double kNoteHeight = 90;

struct Parameter {
  const char* name;
  double (v1::LogParams::*value)() const;
};
constexpr Parameter kParameters[kMaxMaps] = {{"threshold", &v1::LogParams::threshold},
                                             {"largest σ (px)", &v1::LogParams::max_sigma_px},
                                             {"smallest σ (px)", &v1::LogParams::min_sigma_px}};

// Null: nothing was chosen.
const v1::LogParams* ParamsOf(const v1::WindowFront* window) {
  if (window == nullptr) return nullptr;
  const v1::ParetoFront& front = window->front();
  if (front.chosen_index() < 0 || front.chosen_index() >= front.solutions_size()) return nullptr;
  return &front.solutions(front.chosen_index()).params();
}

double CentreX(const v1::WindowFront& window) { return window.x_px() + window.width_px() / 2.0; }
double CentreY(const v1::WindowFront& window) { return window.y_px() + window.height_px() / 2.0; }

std::vector<double> Unique(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

// Half-way between neighbouring centres.
std::vector<double> EdgesBetween(const std::vector<double>& centres, double end) {
  std::vector<double> edges = {0};
  for (size_t i = 1; i < centres.size(); ++i) edges.push_back((centres[i - 1] + centres[i]) / 2);
  edges.push_back(end);
  return edges;
}

double MapWidth(double width, int maps) {
  return (width - (maps - 1) * kMapGap) / maps - kColourBarWidth - 4;
}

void DrawMap(Canvas& canvas, const FrameMap& map, const ParameterCells& cells,
             const Parameter& parameter, const Axis& axis) {
  canvas.Fill(map.box, Rgb(0xf0f1f3));
  canvas.Clip(map.box);
  for (size_t i = 0; i < cells.windows.size(); ++i) {
    const v1::LogParams* params = ParamsOf(cells.windows[i]);
    if (params == nullptr) continue;
    const double left = cells.x_edges[i % cells.columns()];
    const double right = cells.x_edges[i % cells.columns() + 1];
    const double top = cells.y_edges[i / cells.columns()];
    const double bottom = cells.y_edges[i / cells.columns() + 1];
    // A little larger: no seams between neighbours.
    canvas.Fill(
        {map.box.x + left * map.points_per_px, map.box.y + top * map.points_per_px,
         (right - left) * map.points_per_px + 0.4, (bottom - top) * map.points_per_px + 0.4},
        Viridis(axis.Share((params->*parameter.value)())));
  }
  canvas.Clip(std::nullopt);
  canvas.Outline(map.box, kDim, 0.6);
}

}  // namespace

ParameterCells CellsOf(const std::vector<v1::WindowFront>& windows, int width_px, int height_px) {
  std::vector<double> xs, ys;
  for (const v1::WindowFront& window : windows) {
    xs.push_back(CentreX(window));
    ys.push_back(CentreY(window));
  }
  xs = Unique(std::move(xs));
  ys = Unique(std::move(ys));
  ParameterCells cells{EdgesBetween(xs, width_px), EdgesBetween(ys, height_px),
                       std::vector<const v1::WindowFront*>(xs.size() * ys.size())};
  for (const v1::WindowFront& window : windows) {
    const auto column = std::lower_bound(xs.begin(), xs.end(), CentreX(window)) - xs.begin();
    const auto row = std::lower_bound(ys.begin(), ys.end(), CentreY(window)) - ys.begin();
    cells.windows[static_cast<size_t>(row) * xs.size() + static_cast<size_t>(column)] = &window;
  }
  return cells;
}

std::vector<v1::WindowFront> WindowsOf(const FigureInput& input) {
  if (!input.windows.empty()) return input.windows;
  return {input.detector.windows().begin(), input.detector.windows().end()};
}

std::string MapTitle(const std::vector<v1::WindowFront>& windows) {
  if (windows.empty()) return "Hyper-parameter map";
  const auto searched = std::count_if(windows.begin(), windows.end(),
                                      [](const auto& window) { return window.evaluations() > 0; });
  std::string title = absl::StrCat("Hyper-parameters of ", windows.size(),
                                   windows.size() == 1 ? " window of " : " windows of ",
                                   windows.front().width_px(), " px");
  if (searched < static_cast<std::ptrdiff_t>(windows.size())) {
    absl::StrAppend(&title, ", ", searched, " searched in this frame");
  }
  return title;
}

double MapsHeight(const FigureInput& input, double width, int maps) {
  if (WindowsOf(input).empty()) return kNoteHeight;
  return kMapHeader + FitFrame(input.result.width_px(), input.result.height_px(), {0, 0},
                               MapWidth(width, maps), kLargestMap)
                          .box.height;
}

void DrawParameterMaps(Canvas& canvas, const Box& box, const FigureInput& input, int maps) {
  const std::vector<v1::WindowFront> windows = WindowsOf(input);
  if (windows.empty()) {
    return DrawNote(canvas, box,
                    input.detector.detector() == "unet" ? "the U-Net has no windows"
                                                        : "no window was searched in this frame");
  }
  const ParameterCells cells = CellsOf(windows, input.result.width_px(), input.result.height_px());
  for (int i = 0; i < maps; ++i) {
    const Parameter& parameter = kParameters[i];
    const double x = box.x + i * (MapWidth(box.width, maps) + kColourBarWidth + 4 + kMapGap);
    const FrameMap map =
        FitFrame(input.result.width_px(), input.result.height_px(), {x, box.y + kMapHeader},
                 MapWidth(box.width, maps), box.height - kMapHeader);
    canvas.Text({x, box.y + kTextSize}, parameter.name, {.size = kTextSize});
    std::vector<double> values;
    for (const v1::WindowFront* window : cells.windows) {
      if (const v1::LogParams* params = ParamsOf(window)) {
        values.push_back((params->*parameter.value)());
      }
    }
    const Axis axis = ColourAxis(values, 4);
    DrawMap(canvas, map, cells, parameter, axis);
    if (values.empty()) continue;
    DrawColourBar(canvas, {map.box.right() + 4, map.box.y, kColourBarWidth, map.box.height}, axis,
                  Viridis);
  }
}

}  // namespace atomstream::figure
