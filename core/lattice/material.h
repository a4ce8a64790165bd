// Material: the two-dimensional crystal that a frame is expected to show. Plain data; the built-in
// presets and custom materials from the configuration use the same type.
#ifndef ATOMSTREAM_CORE_LATTICE_MATERIAL_H_
#define ATOMSTREAM_CORE_LATTICE_MATERIAL_H_

#include <array>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace atomstream {

struct Vector2 {
  double x = 0;
  double y = 0;
};

// One atomic column of the primitive cell.
struct BasisAtom {
  Vector2 fraction;      // in units of the lattice vectors, [0, 1)
  std::string species;   // "C", "Sr", …
  double intensity = 1;  // HAADF intensity relative to the brightest column, > 0
};

struct Material {
  std::string name;
  std::array<Vector2, 2> vectors_nm;  // the primitive lattice vectors
  std::vector<BasisAtom> basis;       // visible columns only, at least one

  double CellAreaNm2() const;
  double DensityPerNm2() const;               // columns per nm^2
  double NearestNeighbourDistanceNm() const;  // d_NN between columns
};

// "graphene": a = 0.246 nm, two C; "SrTiO3": [001], a = 0.3905 nm, Sr and Ti/O columns.
const std::vector<Material>& BuiltInMaterials();

// NotFound names the known materials. "auto" is no material: callers handle it before.
absl::StatusOr<Material> FindMaterial(absl::string_view name, const std::vector<Material>& custom);

// InvalidArgument names the field: parallel vectors, no basis, fraction outside [0, 1), …
absl::Status ValidateMaterial(const Material& material);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_LATTICE_MATERIAL_H_
