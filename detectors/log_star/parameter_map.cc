#include "detectors/log_star/parameter_map.h"

#include <algorithm>
#include <cmath>

namespace atomstream {
namespace {

// Gaussian weights of a window's extent at the centres of `count` cells, half the extent wide.
std::vector<double> Weights(int begin_px, int extent_px, int count, int cell_px) {
  std::vector<double> weights(count);
  for (int i = 0; i < count; ++i) {
    const double d = (begin_px + 0.5 * extent_px - (i + 0.5) * cell_px) / (0.5 * extent_px);
    weights[i] = std::exp(-0.5 * d * d);
  }
  return weights;
}

}  // namespace

ParameterMap::ParameterMap(const std::vector<Node>& nodes, int frame_width_px,
                           int frame_height_px) {
  columns_ = (frame_width_px + kCellPx - 1) / kCellPx;
  const int rows = (frame_height_px + kCellPx - 1) / kCellPx;
  cells_.reserve(static_cast<size_t>(columns_) * rows);
  // The weights are products of one factor a column and one a row: no exponential a cell and node.
  std::vector<std::vector<double>> across, down;
  std::vector<double> log_thresholds;
  for (const Node& node : nodes) {
    log_thresholds.push_back(std::log(node.candidate.threshold));
    across.push_back(Weights(node.window.x_px, node.window.width_px, columns_, kCellPx));
    down.push_back(Weights(node.window.y_px, node.window.height_px, rows, kCellPx));
  }
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns_; ++column) {
      double total = 0, first = 0, last = 0, log_threshold = 0, spacing = 0;
      for (size_t i = 0; i < nodes.size(); ++i) {
        const Candidate& candidate = nodes[i].candidate;
        // The added constant keeps far cells defined; near ones do not feel it.
        const double weight = across[i][column] * down[i][row] + 1e-9;
        total += weight;
        first += weight * candidate.first_level;
        last += weight * candidate.last_level;
        log_threshold += weight * log_thresholds[i];
        spacing += weight * candidate.min_spacing_px;
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
