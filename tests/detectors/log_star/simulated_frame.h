// A simulated frame with its truth, for the LoG* tests.
#ifndef ATOMSTREAM_TESTS_DETECTORS_LOG_STAR_SIMULATED_FRAME_H_
#define ATOMSTREAM_TESTS_DETECTORS_LOG_STAR_SIMULATED_FRAME_H_

#include <memory>
#include <string>
#include <vector>

#include "core/evaluate/matching.h"
#include "core/image/frame.h"
#include "core/lattice/material.h"
#include "core/simulate/scan.h"
#include "core/simulate/specimen.h"
#include "core/structure/atom.h"

namespace atomstream {

struct FrameWithTruth {
  std::shared_ptr<const Frame> frame;
  SimulatedFrame simulated;
  double d_nn_px = 0;  // true

  double F1(const std::vector<Atom>& atoms) const {
    std::vector<PointPx> found;
    for (const Atom& atom : atoms) found.push_back({atom.x_px, atom.y_px});
    MatchOptions options;
    options.radius_px = options.border_px = 0.5 * d_nn_px;
    options.width_px = frame->width();
    options.height_px = frame->height();
    return MatchOneToOne(found, simulated.Positions(), options)->f1;
  }
};

inline std::shared_ptr<const Frame> FrameOf(const Image& image, double pixel_size_nm,
                                            const std::string& material) {
  FrameMetadata metadata;
  metadata.id = "test";
  metadata.pixel_size_nm = pixel_size_nm;
  metadata.material = material;
  const absl::string_view bytes(reinterpret_cast<const char*>(image.data),
                                image.total() * sizeof(float));
  return *Frame::Create(metadata, image.cols, image.rows, PixelType::kF32, bytes);
}

// `stated`: the pixel size in the metadata over the true one.
inline FrameWithTruth SimulateFrame(const std::string& material, double noise, double hole = 0,
                                    double stated = 1, int size_px = 192) {
  constexpr double kPixelSizeNm = 0.02;
  SpecimenOptions specimen;
  specimen.material = *FindMaterial(material, {});
  specimen.field_width_nm = specimen.field_height_nm = size_px * kPixelSizeNm;
  specimen.rotation_rad = 0.2;
  specimen.vacancy_fraction = 0.01;
  specimen.hole_fraction = hole;
  specimen.seed = 3;
  ScanOptions scan;
  scan.width_px = scan.height_px = size_px;
  scan.pixel_size_nm = kPixelSizeNm;
  scan.gaussian_noise = noise;
  FrameWithTruth result;
  result.simulated = *RenderFrame(*BuildSpecimen(specimen), scan, 0);
  result.d_nn_px = specimen.material.NearestNeighbourDistanceNm() / kPixelSizeNm;
  result.frame = FrameOf(result.simulated.image, stated * kPixelSizeNm, material);
  return result;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_DETECTORS_LOG_STAR_SIMULATED_FRAME_H_
