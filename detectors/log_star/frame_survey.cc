#include "detectors/log_star/frame_survey.h"

#include <utility>

#include "core/lattice/frame_lattice.h"
#include "opencv2/core.hpp"

namespace atomstream {
namespace {

// Atoms centred this far outside the frame, in d_NN, still show a maximum on its border. Were they
// not expected, they would take the place of the faintest atoms inside.
constexpr double kVisibleOutside = 0.16;

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
  survey.image = *frame.normalised();
  timings.normalise = clock.Now() - start;
  if (survey.image.constant) return survey;

  start = clock.Now();
  FrameLattice measured =
      MeasureFrameLattice(survey.image.clipped, material, frame.metadata().pixel_size_nm);
  survey.lattice = std::move(measured.estimate);
  const SpectralPeaks& peaks = measured.peaks;
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
