#include "core/lattice/frame_lattice.h"

namespace atomstream {
namespace {

// Nearest neighbours closer than a pixel cannot be told apart. Beyond the upper bound, four periods
// of the largest spectrum, a LoG of the frame would take minutes. Only wrong metadata or a false
// cell gets there.
constexpr double kMinDnnPx = 1;
constexpr double kMaxDnnPx = 300;

// A scale at which nothing can be searched is none.
void ForgetUnusableScale(LatticeEstimate& lattice) {
  if (lattice.d_nn_px >= kMinDnnPx && lattice.d_nn_px <= kMaxDnnPx) return;
  lattice.found = false;
  lattice.d_nn_px = 0;
  lattice.density_per_px2 = 0;
  lattice.pixel_size_nm_measured = 0;
  lattice.pixel_size_nm_used = lattice.pixel_size_nm_metadata;
  lattice.metadata_disagrees = false;
  lattice.orientation_rad = 0;
}

}  // namespace

FrameLattice MeasureFrameLattice(const Image& image, const std::optional<Material>& material,
                                 double pixel_size_nm) {
  FrameLattice lattice;
  lattice.peaks = FindSpectralPeaks(image);
  lattice.estimate = material ? EstimateKnownLattice(lattice.peaks, *material, pixel_size_nm)
                              : EstimateUnknownLattice(lattice.peaks, image, pixel_size_nm);
  ForgetUnusableScale(lattice.estimate);
  return lattice;
}

LatticeSummary Summarise(const LatticeEstimate& estimate, const std::string& material) {
  LatticeSummary summary;
  summary.found = estimate.found;
  summary.d_nn_px = estimate.d_nn_px;
  summary.pixel_size_nm_metadata = estimate.pixel_size_nm_metadata;
  summary.pixel_size_nm_measured = estimate.pixel_size_nm_measured;
  summary.pixel_size_nm_used = estimate.pixel_size_nm_used;
  summary.metadata_disagrees = estimate.metadata_disagrees;
  summary.orientation_rad = estimate.orientation_rad;
  summary.material = material;
  return summary;
}

}  // namespace atomstream
