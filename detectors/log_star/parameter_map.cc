#include "detectors/log_star/parameter_map.h"

#include <algorithm>
#include <cmath>

namespace atomstream {

ParameterMap::ParameterMap(const std::vector<Node>& nodes, int frame_width_px,
                           int frame_height_px) {
  columns_ = (frame_width_px + kCellPx - 1) / kCellPx;
  const int rows = (frame_height_px + kCellPx - 1) / kCellPx;
  cells_.reserve(static_cast<size_t>(columns_) * rows);
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns_; ++column) {
      const double x = (column + 0.5) * kCellPx;
      const double y = (row + 0.5) * kCellPx;
      double total = 0, first = 0, last = 0, log_threshold = 0, spacing = 0;
      for (const Node& node : nodes) {
        const double dx =
            (node.window.x_px + 0.5 * node.window.width_px - x) / (0.5 * node.window.width_px);
        const double dy =
            (node.window.y_px + 0.5 * node.window.height_px - y) / (0.5 * node.window.height_px);
        // The added constant keeps far cells defined; near ones do not feel it.
        const double weight = std::exp(-0.5 * (dx * dx + dy * dy)) + 1e-9;
        total += weight;
        first += weight * node.candidate.first_level;
        last += weight * node.candidate.last_level;
        log_threshold += weight * std::log(node.candidate.threshold);
        spacing += weight * node.candidate.min_spacing_px;
      }
      Candidate cell;
      cell.variant = nodes.front().candidate.variant;
      cell.first_level = static_cast<int>(std::lround(first / total));
      cell.last_level = std::max(cell.first_level, static_cast<int>(std::lround(last / total)));
      cell.threshold = std::exp(log_threshold / total);
      cell.min_spacing_px = spacing / total;
      cells_.push_back(cell);
    }
  }
}

std::vector<Blob> ParameterMap::Detect(const PeakCache& cache, int frame_width_px,
                                       int frame_height_px) const {
  double spacing = 0;
  for (const Candidate& cell : cells_) spacing += cell.min_spacing_px;
  spacing /= static_cast<double>(cells_.size());
  BrightestFirstPruner pruner(frame_width_px, frame_height_px, cache.sigmas_px.back(),
                              /*overlap=*/1, spacing);
  for (const ScalePeak& peak : cache.variants[cells_.front().variant].peaks) {
    const Candidate& cell = At(peak.x_px, peak.y_px);
    if (peak.response <= cell.threshold || !peak.InRange(cell.first_level, cell.last_level)) {
      continue;
    }
    pruner.Offer({static_cast<float>(peak.x_px), static_cast<float>(peak.y_px),
                  static_cast<float>(cache.sigmas_px[peak.level]), peak.response});
  }
  return pruner.TakeKept();
}

}  // namespace atomstream
