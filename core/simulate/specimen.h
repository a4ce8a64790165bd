// Specimen: atoms of a simulated two-dimensional crystal with known positions, and what lies on and
// between them (contamination, holes).
//
// Coordinates are nm from the specimen's centre, x to the right, y down. A Specimen is plain data,
// not changed after BuildSpecimen: any number of threads may render frames of it.
#ifndef ATOMSTREAM_CORE_SIMULATE_SPECIMEN_H_
#define ATOMSTREAM_CORE_SIMULATE_SPECIMEN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/lattice/material.h"
#include "core/simulate/contamination.h"
#include "core/simulate/hole.h"

namespace atomstream {

// A second grain on one side of a straight line. Where the grains meet, atoms of the second grain
// that are closer than 0.6 d_NN to one of the first are left out.
struct GrainBoundaryOptions {
  double rotation_rad = 0.3;    // of the second grain's lattice against the first's
  double line_angle_rad = 1.2;  // direction of the line
  double offset_nm = 0;         // of the line from the specimen's centre, along its normal
};

struct SpecimenOptions {
  Material material;

  // The field is what an undrifted frame shows; the margin around it is room for drift and for
  // atoms whose tails reach into the frame.
  double field_width_nm = 10.24;
  double field_height_nm = 10.24;
  double margin_nm = 2;

  double rotation_rad = 0;
  // Position of the lattice's origin; unset: random within a cell.
  std::optional<Vector2> origin_nm;

  // Exactly round(fraction * atoms) atoms of the specimen, drawn at random.
  double vacancy_fraction = 0;  // [0, 1]: left out
  double dopant_fraction = 0;   // [0, 1]: of those that remain, replaced
  std::string dopant_species = "Si";
  // Relative to the brightest column of the material: Z^1.7 between C and Si is 4.2, but frames
  // of Si in graphene show about 2.6.
  double dopant_intensity = 2.6;

  // Holes lie wholly within the field and cover exactly this share of its area, together.
  double hole_fraction = 0;         // [0, 0.5]
  int hole_count = 1;               // [1, 16]
  double hole_irregularity = 0.35;  // [0, 0.5]

  std::optional<GrainBoundaryOptions> grain_boundary;

  // Small strain of the whole crystal: x' = (1 + xx) x + xy y, y' = xy x + (1 + yy) y.
  double strain_xx = 0;  // each in [-0.2, 0.2]
  double strain_yy = 0;
  double strain_xy = 0;

  double position_jitter_nm = 0;  // standard deviation of each atom's x and y

  // Peak to peak, in units of the material's brightest column. None inside holes.
  double contamination = 0;
  double contamination_wave_nm = 6;  // the shortest wave in it

  uint64_t seed = 1;
};

struct SpecimenAtom {
  double x_nm = 0;
  double y_nm = 0;
  double intensity = 1;  // at its peak; 1: the material's brightest column
  int species = 0;       // index into Specimen::species
};

struct Specimen {
  Material material;
  double field_width_nm = 0;
  double field_height_nm = 0;
  double margin_nm = 0;
  std::vector<std::string> species;  // the material's, in the basis' order, then the dopant's
  std::vector<SpecimenAtom> atoms;   // field and margin
  std::vector<Hole> holes;           // do not overlap
  Contamination contamination;

  double half_width_nm() const { return field_width_nm / 2 + margin_nm; }
  double half_height_nm() const { return field_height_nm / 2 + margin_nm; }
};

// InvalidArgument names the option and its value. Deterministic: the same options give the same
// specimen.
absl::StatusOr<Specimen> BuildSpecimen(const SpecimenOptions& options);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_SIMULATE_SPECIMEN_H_
