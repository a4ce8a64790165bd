#include "server/targeting/scene_input.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <variant>

#include "core/base/status_macros.h"
#include "core/image/normalise.h"
#include "opencv2/imgproc.hpp"

namespace atomstream {
namespace {

// Distances to hole edges are looked up in a grid of at most so many cells a side, which bounds the
// time that a frame can cost; they are exact to about a cell.
constexpr int kGridSide = 512;

double MedianResponse(const std::vector<Atom>& atoms) {
  if (atoms.empty()) return 0;
  std::vector<float> responses;
  responses.reserve(atoms.size());
  for (const Atom& atom : atoms) responses.push_back(atom.response);
  const auto middle = responses.begin() + responses.size() / 2;
  std::nth_element(responses.begin(), middle, responses.end());
  return *middle;
}

// Fills Site::hole_edge_px from the sites that lie on an edge.
absl::Status MeasureHoleEdges(const std::vector<PointPx>& edges, int width_px, int height_px,
                              std::vector<Site>& sites) {
  if (edges.empty()) return absl::OkStatus();
  return CatchToStatus("hole edges", [&] {
    const double cell = std::max(1.0, std::max(width_px, height_px) / double{kGridSide});
    const int columns = static_cast<int>(std::ceil(width_px / cell));
    const int rows = static_cast<int>(std::ceil(height_px / cell));
    const auto column = [&](double x) {
      return std::clamp(static_cast<int>((x + 0.5) / cell), 0, columns - 1);
    };
    const auto row = [&](double y) {
      return std::clamp(static_cast<int>((y + 0.5) / cell), 0, rows - 1);
    };
    cv::Mat_<uint8_t> grid(rows, columns, uint8_t{1});
    for (const PointPx& edge : edges) grid(row(edge.y_px), column(edge.x_px)) = 0;
    cv::Mat_<float> distance;
    cv::Mat_<int> nearest;
    cv::distanceTransform(grid, distance, nearest, cv::DIST_L2, 5, cv::DIST_LABEL_PIXEL);
    // Labels are numbers of edge cells; which site lies there makes the distance exact.
    std::vector<PointPx> of_label(edges.size() + 1);
    for (const PointPx& edge : edges) {
      const int label = nearest(row(edge.y_px), column(edge.x_px));
      if (label >= 0 && label < static_cast<int>(of_label.size())) of_label[label] = edge;
    }
    for (Site& site : sites) {
      const int label = nearest(row(site.y_px), column(site.x_px));
      if (label < 0 || label >= static_cast<int>(of_label.size())) continue;
      site.hole_edge_px =
          std::hypot(of_label[label].x_px - site.x_px, of_label[label].y_px - site.y_px);
    }
    return absl::OkStatus();
  });
}

}  // namespace

std::vector<Site> MakeSites(const DetectorRecord& detector, int width_px, int height_px) {
  const std::vector<Atom>& atoms = detector.atoms();
  const double median = MedianResponse(atoms);
  std::vector<Site> sites(atoms.size());
  for (size_t i = 0; i < atoms.size(); ++i) {
    const Atom& atom = atoms[i];
    Site& site = sites[i];
    site.x_px = atom.x_px;
    site.y_px = atom.y_px;
    site.sigma_px = atom.sigma_px;
    site.intensity = atom.intensity;
    site.confidence = median > 0 ? std::clamp(atom.response / median, 0.0, 1.0) : 1;
  }
  const StructureRecord* structure = detector.structure.get();
  if (structure == nullptr) return sites;
  const ClusterResult& clusters = structure->clusters;
  const std::vector<SiteSurroundings>& surroundings = structure->sites.sites;
  std::vector<PointPx> edges;
  for (size_t i = 0; i < sites.size(); ++i) {
    Site& site = sites[i];
    if (i < clusters.labels.size() && clusters.labels[i] >= 0) {
      site.cluster = clusters.labels[i];
      site.cluster_probability = i < clusters.probability.size() ? clusters.probability[i] : 0;
    }
    if (i >= surroundings.size()) continue;
    site.kind = std::string(SiteKindName(surroundings[i].kind));
    if (surroundings[i].complete) site.coordination = surroundings[i].coordination;
    if (surroundings[i].kind == SiteKind::kHoleEdge) edges.push_back({site.x_px, site.y_px});
  }
  // Without it sites are as in a frame without holes.
  MeasureHoleEdges(edges, width_px, height_px, sites).IgnoreError();
  return sites;
}

SceneInput MakeSceneInput(const Frame& frame, const DetectorRecord& detector,
                          const DriftOptions& options) {
  SceneInput input;
  const LogStarResult* result = std::get_if<LogStarResult>(&detector.result);
  if (result == nullptr || !detector.status.ok() || !(result->lattice.d_nn_px > 0)) return input;
  const LatticeSummary& lattice = result->lattice;
  input.d_nn_px = lattice.d_nn_px;
  // What the source states stays the same from frame to frame; what is measured does not quite.
  input.pixel_size_nm = lattice.pixel_size_nm_metadata > 0 && !lattice.metadata_disagrees
                            ? lattice.pixel_size_nm_metadata
                            : lattice.pixel_size_nm_used;
  input.sites = MakeSites(detector, frame.width(), frame.height());
  if (detector.structure != nullptr) {
    input.cluster_generation = detector.structure->clusters.generation;
    for (const Cluster& cluster : detector.structure->clusters.clusters) {
      input.clusters.push_back(cluster.id);
    }
  }
  auto view = CatchToStatus("drift view",
                            [&] { return MakeDriftView(frame.normalised()->unclipped, options); });
  if (view.ok()) input.view = *std::move(view);
  return input;
}

}  // namespace atomstream
