// Scan: renders HAADF frames of a Specimen, with exact atom positions.
//
// The probe is a Gaussian, so an atom is a Gaussian of its column's intensity at its exact
// sub-pixel place. The noise-free frame (atoms, dopants, contamination) is scaled to [0, 1]; noise
// is added to that, so a noise of 0.3 means a standard deviation of 0.3 of the frame's range.
// RenderFrame is a pure function: any thread, any order of frames, the same result.
#ifndef ATOMSTREAM_CORE_SIMULATE_SCAN_H_
#define ATOMSTREAM_CORE_SIMULATE_SCAN_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "core/image/frame.h"
#include "core/simulate/specimen.h"

namespace atomstream {

struct ScanOptions {
  int width_px = 512;
  int height_px = 512;
  double pixel_size_nm = 0.02;

  // Standard deviation of the probe; 0: DefaultProbeSigmaNm of the specimen's material.
  double probe_sigma_nm = 0;

  // Standard deviation of a horizontal shift drawn for each row: flyback and vibration.
  double line_jitter_px = 0;  // [0, 100]

  // How far the specimen moves in the frame from one frame to the next. Where the frame would leave
  // the specimen the drift turns back, so a run never ends.
  double drift_x_px_per_frame = 0;
  double drift_y_px_per_frame = 0;

  // Noise, in this order.
  double dose_per_pixel = 0;      // Poisson: mean counts of a pixel of value 1; 0: no shot noise
  double gaussian_noise = 0;      // standard deviation
  double hot_pixel_fraction = 0;  // [0, 1]: exactly round(fraction * pixels), set to the value
  double hot_pixel_value = 3;

  uint64_t seed = 1;
};

// An atom whose centre lies inside the frame: -0.5 <= x_px < width - 0.5, y_px alike. Line jitter
// does not move it: it is where the atom is, not where a row shows it.
struct TrueAtom {
  double x_px = 0;
  double y_px = 0;
  int species = 0;       // index into Specimen::species
  double intensity = 1;  // as SpecimenAtom
};

struct SimulatedFrame {
  Image image;
  std::vector<TrueAtom> atoms;
  cv::Mat_<uint8_t> vacuum;  // 1: the pixel's centre lies in a hole; 0: material
  // Where the specimen's centre lies against that of frame 0.
  double drift_x_px = 0;
  double drift_y_px = 0;

  std::vector<PointPx> Positions() const;
};

// 0.32 d_NN: 0.045 nm for graphene, 0.088 nm for SrTiO3 [001]. Our choice, not a microscope's
// figure: probe, source size and thermal motion together, such that neighbouring columns are
// resolved and the best LoG sigma is the 0.3 d_NN that real frames show.
double DefaultProbeSigmaNm(const Material& material);

// InvalidArgument names the option and its value; among these, a field of view that the specimen
// does not cover. `frame_index` >= 0 selects drift and random numbers.
absl::StatusOr<SimulatedFrame> RenderFrame(const Specimen& specimen, const ScanOptions& scan,
                                           int64_t frame_index);

// The place of the specimen that lies at a fraction of the field of view, [0, 1] from the left and
// from the top, in frame `frame_index`: where a beam parked there hits. Pixel x of a frame covers
// the fractions x / width to (x + 1) / width. Errors: as RenderFrame, and fractions outside [0, 1].
absl::StatusOr<Vector2> SpecimenPlaceNm(const Specimen& specimen, const ScanOptions& scan,
                                        int64_t frame_index, double x_fraction, double y_fraction);

// Where places of the specimen lie in frame `frame_index`, px, inside the frame or not: the
// inverse of SpecimenPlaceNm. Errors: as RenderFrame.
absl::StatusOr<std::vector<PointPx>> FramePlacesPx(const Specimen& specimen,
                                                   const ScanOptions& scan, int64_t frame_index,
                                                   const std::vector<Vector2>& places_nm);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_SIMULATE_SCAN_H_
