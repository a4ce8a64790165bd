#include "client/figure/parameter_map.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/figure/axis.h"
#include "client/figure/palette.h"
#include "client/figure/panel.h"

namespace atomstream::figure {
namespace {

constexpr double kMapGap = 14;
constexpr double kMapHeader = 12;
constexpr double kMapFooter = 13;  // for the windows' centres
constexpr double kMapLeft = 11;    // likewise
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

// Half-way between neighbouring centres; the first and the last cell are as wide as those beside
// them. A single one is as wide as its window.
std::vector<double> EdgesBetween(const std::vector<double>& centres, double window) {
  std::vector<double> edges;
  for (size_t i = 1; i < centres.size(); ++i) edges.push_back((centres[i - 1] + centres[i]) / 2);
  if (edges.empty()) return {centres[0] - window / 2, centres[0] + window / 2};
  edges.insert(edges.begin(), 2 * centres.front() - edges.front());
  edges.push_back(2 * centres.back() - edges.back());
  return edges;
}

double MapWidth(double width, int maps) {
  return (width - (maps - 1) * kMapGap) / maps - kMapLeft - kColourBarWidth - 4;
}

// Where the cells lie on the page; very long ones are squeezed.
struct MapPlace {
  Box box;
  double x_scale = 1;  // points a pixel
  double y_scale = 1;
};

MapPlace PlaceOf(const ParameterCells& cells, Point corner, double max_width) {
  constexpr double kLongest = 2.5;  // times the other side
  const double width = cells.x_edges.back() - cells.x_edges.front();
  const double height = cells.y_edges.back() - cells.y_edges.front();
  const double shape = std::clamp(width / height, 1 / kLongest, kLongest);
  const double page_width = std::min(max_width, kLargestMap * shape);
  const double page_height = page_width / shape;
  return {{corner.x, corner.y, page_width, page_height}, page_width / width, page_height / height};
}

// Along one side: the centres of the first and the last cell and, where there is room, what they
// are.
void DrawCentres(Canvas& canvas, const MapPlace& place, const std::vector<double>& edges,
                 bool upwards) {
  const double scale = upwards ? place.y_scale : place.x_scale;
  const TextLook look{
      .size = kTickSize, .colour = kDim, .align = Align::kCentre, .upwards = upwards};
  const auto draw = [&](double along, absl::string_view text) {
    canvas.Text(upwards ? Point{place.box.x - 3, place.box.y + along}
                        : Point{place.box.x + along, place.box.bottom() + kTickSize + 3},
                text, look);
  };
  const auto centre = [&](size_t cell) { return (edges[cell] + edges[cell + 1]) / 2; };
  const auto text = [&](size_t cell) { return absl::StrCat(std::lround(centre(cell))); };
  const size_t last = edges.size() - 2;
  const double first_half = canvas.TextWidth(text(0), look) / 2;
  const double last_half = canvas.TextWidth(text(last), look) / 2;
  // Not beyond the map's corners, where the other side's begin.
  const double end = (edges.back() - edges.front()) * scale;
  const double first_at = std::max((centre(0) - edges.front()) * scale, first_half);
  const double last_at = std::min((centre(last) - edges.front()) * scale, end - last_half);
  const double room = last_at - first_at - first_half - last_half;
  draw(first_at, text(0));
  if (room < 4) return;
  draw(last_at, text(last));
  constexpr char kWhat[] = "centre (px)";
  if (room > canvas.TextWidth(kWhat, look) + 8) draw((first_at + last_at) / 2, kWhat);
}

void DrawMap(Canvas& canvas, const MapPlace& place, const ParameterCells& cells,
             const Parameter& parameter, const Axis& axis) {
  canvas.Fill(place.box, Rgb(0xf0f1f3));
  canvas.Clip(place.box);
  for (size_t i = 0; i < cells.windows.size(); ++i) {
    const v1::LogParams* params = ParamsOf(cells.windows[i]);
    if (params == nullptr) continue;
    const size_t column = i % cells.columns();
    const size_t row = i / cells.columns();
    const double left = cells.x_edges[column] - cells.x_edges.front();
    const double top = cells.y_edges[row] - cells.y_edges.front();
    const double width = cells.x_edges[column + 1] - cells.x_edges[column];
    const double height = cells.y_edges[row + 1] - cells.y_edges[row];
    // A little larger: no seams between neighbours.
    canvas.Fill({place.box.x + left * place.x_scale, place.box.y + top * place.y_scale,
                 width * place.x_scale + 0.4, height * place.y_scale + 0.4},
                Viridis(axis.Share((params->*parameter.value)())));
  }
  canvas.Clip(std::nullopt);
  canvas.Outline(place.box, kDim, 0.6);
}

}  // namespace

ParameterCells CellsOf(const std::vector<v1::WindowFront>& windows) {
  std::vector<double> xs, ys;
  for (const v1::WindowFront& window : windows) {
    xs.push_back(CentreX(window));
    ys.push_back(CentreY(window));
  }
  xs = Unique(std::move(xs));
  ys = Unique(std::move(ys));
  ParameterCells cells{EdgesBetween(xs, windows.front().width_px()),
                       EdgesBetween(ys, windows.front().height_px()),
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
  std::string title = absl::StrCat(
      "Hyper-parameters of ", CountText(static_cast<int64_t>(windows.size())),
      windows.size() == 1 ? " window of " : " windows of ", windows.front().width_px(), " px");
  if (searched < static_cast<std::ptrdiff_t>(windows.size())) {
    absl::StrAppend(&title, ", ", CountText(searched), " searched in this frame");
  }
  return title;
}

double MapsHeight(const FigureInput& input, double width, int maps) {
  const std::vector<v1::WindowFront> windows = WindowsOf(input);
  if (windows.empty()) return kNoteHeight;
  return kMapHeader + PlaceOf(CellsOf(windows), {0, 0}, MapWidth(width, maps)).box.height +
         kMapFooter;
}

void DrawParameterMaps(Canvas& canvas, const Box& box, const FigureInput& input, int maps) {
  const std::vector<v1::WindowFront> windows = WindowsOf(input);
  if (windows.empty()) {
    return DrawNote(canvas, box,
                    input.detector.detector() == "unet" ? "the U-Net has no windows"
                                                        : "no window was searched in this frame");
  }
  const ParameterCells cells = CellsOf(windows);
  const double width = MapWidth(box.width, maps);
  for (int i = 0; i < maps; ++i) {
    const Parameter& parameter = kParameters[i];
    const double x = box.x + kMapLeft + i * (width + kMapLeft + kColourBarWidth + 4 + kMapGap);
    const MapPlace place = PlaceOf(cells, {x, box.y + kMapHeader}, width);
    canvas.Text({x, box.y + kTextSize}, parameter.name, {.size = kTextSize});
    std::vector<double> values;
    for (const v1::WindowFront* window : cells.windows) {
      if (const v1::LogParams* params = ParamsOf(window)) {
        values.push_back((params->*parameter.value)());
      }
    }
    const Axis axis = ColourAxis(values, 4);
    DrawMap(canvas, place, cells, parameter, axis);
    DrawCentres(canvas, place, cells.x_edges, /*upwards=*/false);
    DrawCentres(canvas, place, cells.y_edges, /*upwards=*/true);
    if (values.empty()) continue;
    DrawColourBar(canvas, {place.box.right() + 4, place.box.y, kColourBarWidth, place.box.height},
                  axis, Viridis);
  }
}

}  // namespace atomstream::figure
