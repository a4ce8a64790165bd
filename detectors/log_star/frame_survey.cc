#include "detectors/log_star/frame_survey.h"

#include "core/lattice/spectral_peaks.h"
#include "opencv2/core.hpp"

namespace atomstream {
namespace {

// Atoms centred this far outside the frame, in d_NN, still show a maximum on its border. Were they
// not expected, they would take the place of the faintest atoms inside.
constexpr double kVisibleOutside = 0.16;

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

double FrameSurvey::ExpectedAtoms(const Window& window) const {
  const Image& material = filtered.material;
  const int right = window.x_px + window.width_px;
  const int bottom = window.y_px + window.height_px;
  const auto sum = [&](int x, int y, int width, int height) {
    return cv::sum(material(cv::Rect(x, y, width, height)))[0];
  };
  double area = sum(window.x_px, window.y_px, window.width_px, window.height_px);
  const double margin = kVisibleOutside * lattice.d_nn_px;
  if (window.x_px == 0) area += margin * sum(0, window.y_px, 1, window.height_px);
  if (window.y_px == 0) area += margin * sum(window.x_px, 0, window.width_px, 1);
  if (right == material.cols) area += margin * sum(right - 1, window.y_px, 1, window.height_px);
  if (bottom == material.rows) area += margin * sum(window.x_px, bottom - 1, window.width_px, 1);
  return area * lattice.density_per_px2;
}

Window FrameSurvey::WholeFrame() const { return {0, 0, image.clipped.cols, image.clipped.rows}; }

FrameSurvey SurveyFrame(const Frame& frame, const std::optional<Material>& material,
                        const Clock& clock, LogStarTimings& timings) {
  FrameSurvey survey;
  absl::Time start = clock.Now();
  survey.image = Normalise(frame.image());
  timings.normalise = clock.Now() - start;
  if (survey.image.constant) return survey;

  start = clock.Now();
  const double pixel_size_nm = frame.metadata().pixel_size_nm;
  const SpectralPeaks peaks = FindSpectralPeaks(survey.image.clipped);
  survey.lattice = material ? EstimateKnownLattice(peaks, *material, pixel_size_nm)
                            : EstimateUnknownLattice(peaks, survey.image.clipped, pixel_size_nm);
  ForgetUnusableScale(survey.lattice);
  timings.lattice = clock.Now() - start;
  if (!(survey.lattice.d_nn_px > 0)) return survey;

  start = clock.Now();
  const std::vector<Vector2> frequencies =
      survey.lattice.found
          ? LatticeFrequencies(survey.lattice.reflections, peaks, survey.lattice.d_nn_px)
          : std::vector<Vector2>();
  survey.has_lattice_filter = !frequencies.empty();
  survey.filtered =
      ApplyLatticeFilter(survey.image.clipped, frequencies, peaks, survey.lattice.d_nn_px);
  timings.preprocess = clock.Now() - start;
  return survey;
}

}  // namespace atomstream
