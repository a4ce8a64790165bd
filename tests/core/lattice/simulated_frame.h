// A simulated frame, normalised, for the lattice tests.
#ifndef ATOMSTREAM_TESTS_CORE_LATTICE_SIMULATED_FRAME_H_
#define ATOMSTREAM_TESTS_CORE_LATTICE_SIMULATED_FRAME_H_

#include <string>

#include "core/image/normalise.h"
#include "core/lattice/material.h"
#include "core/simulate/scan.h"
#include "core/simulate/specimen.h"

namespace atomstream {

struct TestFrame {
  Image image;  // normalised
  SimulatedFrame simulated;
  Material material;
};

inline TestFrame MakeTestFrame(const std::string& material, double pixel_size_nm, double noise,
                               double hole = 0, double strain = 0, bool two_grains = false) {
  TestFrame frame;
  frame.material = *FindMaterial(material, {});
  SpecimenOptions specimen;
  specimen.material = frame.material;
  specimen.field_width_nm = specimen.field_height_nm = 256 * pixel_size_nm;
  specimen.rotation_rad = 0.37;
  specimen.vacancy_fraction = 0.01;
  specimen.hole_fraction = hole;
  specimen.strain_xx = strain;
  if (two_grains) specimen.grain_boundary = GrainBoundaryOptions();
  specimen.seed = 5;
  ScanOptions scan;
  scan.width_px = scan.height_px = 256;
  scan.pixel_size_nm = pixel_size_nm;
  scan.gaussian_noise = noise;
  frame.simulated = *RenderFrame(*BuildSpecimen(specimen), scan, 0);
  frame.image = Normalise(frame.simulated.image).clipped;
  return frame;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_CORE_LATTICE_SIMULATED_FRAME_H_
