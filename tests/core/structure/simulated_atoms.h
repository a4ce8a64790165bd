// Simulated frames with the atoms that a detector would report: the true places, moved a little,
// for the tests of structure.
#ifndef ATOMSTREAM_TESTS_CORE_STRUCTURE_SIMULATED_ATOMS_H_
#define ATOMSTREAM_TESTS_CORE_STRUCTURE_SIMULATED_ATOMS_H_

#include <string>
#include <vector>

#include "core/image/normalise.h"
#include "core/lattice/material.h"
#include "core/simulate/scan.h"
#include "core/simulate/specimen.h"
#include "core/structure/atom.h"

namespace atomstream {

constexpr double kTestPixelSizeNm = 0.02;

struct FrameWithAtoms {
  Image image;  // normalised, not clipped
  SimulatedFrame simulated;
  std::vector<Atom> atoms;  // in the order of simulated.atoms
  double d_nn_px = 0;
  int dopant_species = 0;

  bool IsDopant(int atom) const { return simulated.atoms[atom].species == dopant_species; }
};

inline SpecimenOptions TestSpecimen(const std::string& material, int size_px) {
  SpecimenOptions options;
  options.material = *FindMaterial(material, {});
  options.field_width_nm = options.field_height_nm = size_px * kTestPixelSizeNm;
  options.rotation_rad = 0.37;
  options.seed = 5;
  return options;
}

inline ScanOptions TestScan(int size_px, double noise) {
  ScanOptions options;
  options.width_px = options.height_px = size_px;
  options.pixel_size_nm = kTestPixelSizeNm;
  options.gaussian_noise = noise;
  return options;
}

// `jitter_px`: standard deviation of a found atom's x and y about the truth.
inline FrameWithAtoms RenderAtoms(const Specimen& specimen, const ScanOptions& scan,
                                  double jitter_px, int64_t frame_index = 0) {
  FrameWithAtoms frame;
  frame.simulated = *RenderFrame(specimen, scan, frame_index);
  frame.image = Normalise(frame.simulated.image).unclipped;
  frame.d_nn_px = specimen.material.NearestNeighbourDistanceNm() / scan.pixel_size_nm;
  frame.dopant_species = static_cast<int>(specimen.species.size()) - 1;
  Random random(DeriveSeed(77, frame_index));
  for (const TrueAtom& atom : frame.simulated.atoms) {
    frame.atoms.push_back({static_cast<float>(atom.x_px + jitter_px * random.Normal()),
                           static_cast<float>(atom.y_px + jitter_px * random.Normal()),
                           static_cast<float>(0.3 * frame.d_nn_px),
                           static_cast<float>(atom.intensity), 1});
  }
  return frame;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_CORE_STRUCTURE_SIMULATED_ATOMS_H_
