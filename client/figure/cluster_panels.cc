#include "client/figure/cluster_panels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/figure/axis.h"
#include "client/figure/frame_panel.h"
#include "client/figure/palette.h"
#include "client/figure/panel.h"

namespace atomstream::figure {
namespace {

constexpr int kTilesARow = 8;
constexpr double kLargestTile = 92;
constexpr double kTileGap = 5;
constexpr double kRowLabels = 14;  // "centroid" upwards, left of the tiles
constexpr double kTileHeader = 13;
constexpr double kBlockGap = 8;
constexpr double kNoteHeight = 90;
constexpr size_t kMaxScatter = 60'000;  // atoms drawn of a group; more would hide each other

using Values = google::protobuf::RepeatedField<float>;

struct TileGrid {
  int columns = 1;
  int blocks = 1;  // of a row of centroids above one of dispersions
  double side = 0;

  double block_height() const { return kTileHeader + 2 * side + kTileGap; }
};

TileGrid GridFor(int clusters, double width) {
  TileGrid grid;
  grid.columns = std::clamp(clusters, 1, kTilesARow);
  grid.blocks = (std::max(1, clusters) + kTilesARow - 1) / kTilesARow;
  const double room = width - kRowLabels - kColourBarWidth - kTileGap;
  grid.side = std::min(kLargestTile, room / grid.columns - kTileGap);
  return grid;
}

Picture TilePicture(const Values& values, int side, const Axis& axis, ColourMap map) {
  Picture picture{side, side, {}};
  for (const float value : values) {
    const Colour colour = map(axis.Share(value));
    const auto byte = [](double share) { return static_cast<uint32_t>(std::lround(255 * share)); };
    picture.pixels.push_back(byte(colour.red) << 16 | byte(colour.green) << 8 | byte(colour.blue));
  }
  return picture;
}

void DrawTile(Canvas& canvas, const Box& box, const Values& values, int side, const Axis& axis,
              ColourMap map) {
  if (side > 0 && values.size() == side * side) {
    canvas.Draw(box, TilePicture(values, side, axis, map), /*smooth=*/true);
  } else {
    canvas.Fill(box, Rgb(0xf6f7f8));
    canvas.Text({box.x + box.width / 2, box.y + box.height / 2 + 2.5}, "–",
                {.size = kTextSize, .colour = kDim, .align = Align::kCentre});
  }
  canvas.Outline(box, kDim, 0.5);
}

// A range over all clusters, so that their tiles can be compared.
Axis RangeOf(const v1::Clusters& clusters, const Values& (v1::Cluster::*values)() const) {
  std::vector<double> all;
  for (const v1::Cluster& cluster : clusters.clusters()) {
    const Values& some = (cluster.*values)();
    all.insert(all.end(), some.begin(), some.end());
  }
  Axis axis = LinearAxis(all, 4);
  // LinearAxis without its room: colours need none.
  const auto [least, greatest] = std::minmax_element(all.begin(), all.end());
  if (!all.empty() && *greatest > *least) {
    axis.low = *least;
    axis.high = *greatest;
    std::erase_if(axis.ticks, [&](const Tick& tick) {
      return tick.value < axis.low || tick.value > axis.high;
    });
  }
  return axis;
}

std::string ComponentLabel(const v1::Clusters& clusters, int component) {
  if (component >= clusters.explained_variance_size()) return "";
  return absl::StrCat("PC ", component + 1, " (",
                      NumberText(100 * clusters.explained_variance(component)), " % of variance)");
}

}  // namespace

std::string WhyNoClusters(const v1::DetectorResult& detector) {
  if (!detector.has_clusters()) return "the result has no clusters";
  const v1::Clusters& clusters = detector.clusters();
  if (!clusters.detail().empty()) return absl::StrCat("no clusters: ", clusters.detail());
  if (!clusters.empty_reason().empty()) {
    return absl::StrCat("no clusters: ", clusters.empty_reason());
  }
  return "no clusters";
}

std::string TilesTitle(const FigureInput& input) {
  const double side_px = input.detector.clusters().patch_side_px();
  const double pixel_nm = PixelSizeOf(input);
  if (side_px <= 0) return "Centroids and dispersions";
  return absl::StrCat("Centroids and dispersions, ",
                      pixel_nm > 0 ? absl::StrCat(NumberText(side_px * pixel_nm, 2), " nm")
                                   : absl::StrCat(NumberText(side_px), " px"),
                      " wide");
}

double TilesHeight(const v1::DetectorResult& detector, double width) {
  const int count = detector.clusters().clusters_size();
  if (count == 0) return kNoteHeight;
  const TileGrid grid = GridFor(count, width);
  return grid.blocks * (grid.block_height() + kBlockGap) - kBlockGap;
}

void DrawTiles(Canvas& canvas, const Box& box, const v1::DetectorResult& detector) {
  const v1::Clusters& clusters = detector.clusters();
  const int count = clusters.clusters_size();
  if (count == 0) return DrawNote(canvas, box, WhyNoClusters(detector));
  const TileGrid grid = GridFor(count, box.width);
  const Axis centroid = RangeOf(clusters, &v1::Cluster::centroid);
  const Axis dispersion = RangeOf(clusters, &v1::Cluster::dispersion);
  const TextLook upwards{
      .size = kTickSize, .colour = kDim, .align = Align::kCentre, .upwards = true};
  for (int block = 0; block < grid.blocks; ++block) {
    const double top = box.y + block * (grid.block_height() + kBlockGap);
    const double upper = top + kTileHeader;
    const double lower = upper + grid.side + kTileGap;
    const int first = block * kTilesARow;
    const int end = std::min(first + kTilesARow, count);
    for (int i = first; i < end; ++i) {
      const v1::Cluster& cluster = clusters.clusters(i);
      const ClusterStyle style = StyleOfCluster(cluster.id());
      const double x = box.x + kRowLabels + (i - first) * (grid.side + kTileGap);
      const TextLook look{.size = kTextSize};
      const std::string name = absl::StrCat(cluster.id());
      const double half = (canvas.TextWidth(name, look) + 10) / 2;
      canvas.Mark({x + grid.side / 2 - half + 3, top + 5.5}, {.shape = style.shape,
                                                              .radius = 3,
                                                              .fill = style.colour,
                                                              .outline = kInk,
                                                              .outline_width = 0.4});
      canvas.Text({x + grid.side / 2 - half + 10, top + 8.2}, name, look);
      DrawTile(canvas, {x, upper, grid.side, grid.side}, cluster.centroid(), clusters.patch_grid(),
               centroid, Grey);
      DrawTile(canvas, {x, lower, grid.side, grid.side}, cluster.dispersion(),
               clusters.patch_grid(), dispersion, Viridis);
    }
    const double left = box.x + kTickSize + 1;
    canvas.Text({left, upper + grid.side / 2}, canvas.Fit("centroid", grid.side + 6, upwards),
                upwards);
    canvas.Text({left, lower + grid.side / 2}, canvas.Fit("dispersion", grid.side + 6, upwards),
                upwards);
    const double bar = box.x + kRowLabels + grid.columns * (grid.side + kTileGap);
    DrawColourBar(canvas, {bar, upper, kColourBarWidth, grid.side}, centroid, Grey);
    DrawColourBar(canvas, {bar, lower, kColourBarWidth, grid.side}, dispersion, Viridis);
  }
}

void DrawScatter(Canvas& canvas, const Box& box, const v1::DetectorResult& detector,
                 const AtomGroups& groups) {
  const v1::Clusters& clusters = detector.clusters();
  const v1::AtomTable& atoms = detector.atoms();
  const int components = clusters.explained_variance_size();
  if (clusters.clusters().empty() || components == 0) {
    return DrawNote(canvas, box, WhyNoClusters(detector));
  }
  if (components == 1) return DrawNote(canvas, box, "the model has one principal component only");
  const auto component = [&](int atom, int which) {
    const int64_t index = static_cast<int64_t>(atom) * components + which;
    return index < atoms.components_size() ? atoms.components(static_cast<int>(index))
                                           : std::numeric_limits<float>::quiet_NaN();
  };
  // Atoms without a cluster have no components.
  const auto has_cluster = [&](int atom) {
    return atom < atoms.cluster_size() && atoms.cluster(atom) >= 0;
  };
  std::vector<double> first, second;
  for (int i = 0; i < atoms.cluster_size(); ++i) {
    if (!has_cluster(i)) continue;
    first.push_back(component(i, 0));
    second.push_back(component(i, 1));
  }
  if (first.empty()) return DrawNote(canvas, box, "no atom has a cluster");
  const Axis x = LinearAxis(first, 4);
  const Axis y = LinearAxis(second, 4);
  const Box plot =
      DrawAxes(canvas, box, x, y, ComponentLabel(clusters, 0), ComponentLabel(clusters, 1));
  canvas.Clip(plot);
  std::vector<const AtomGroup*> order;
  for (const AtomGroup& group : groups.groups) order.push_back(&group);
  std::stable_sort(order.begin(), order.end(), [](const AtomGroup* a, const AtomGroup* b) {
    return a->atoms.size() > b->atoms.size();
  });
  const double radius = std::clamp(60 / std::sqrt(static_cast<double>(first.size())), 0.8, 2.2);
  for (const AtomGroup* group : order) {
    const size_t every = group->atoms.size() / kMaxScatter + 1;
    for (size_t i = 0; i < group->atoms.size(); i += every) {
      const int atom = group->atoms[i];
      if (!has_cluster(atom)) continue;
      canvas.Mark(PlaceIn(plot, x, y, component(atom, 0), component(atom, 1)),
                  {.shape = group->shape, .radius = radius, .fill = group->colour, .opacity = 0.8});
    }
  }
  for (const v1::Cluster& cluster : clusters.clusters()) {
    if (cluster.size() == 0 || cluster.mean_components_size() < 2) continue;
    const ClusterStyle style = StyleOfCluster(cluster.id());
    canvas.Mark(PlaceIn(plot, x, y, cluster.mean_components(0), cluster.mean_components(1)),
                {.shape = style.shape,
                 .radius = 3.6,
                 .fill = style.colour,
                 .outline = kInk,
                 .outline_width = 1});
  }
  canvas.Clip(std::nullopt);
}

}  // namespace atomstream::figure
