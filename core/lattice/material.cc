#include "core/lattice/material.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

double Cross(const Vector2& a, const Vector2& b) { return a.x * b.y - a.y * b.x; }

std::vector<Material> MakeBuiltInMaterials() {
  std::vector<Material> materials;
  // Graphene: a = 0.246 nm, nearest neighbours at a / sqrt(3) = 0.142 nm.
  constexpr double kGraphene = 0.246;
  materials.push_back(
      {"graphene",
       {Vector2{kGraphene, 0}, Vector2{kGraphene / 2, kGraphene * std::sqrt(3) / 2}},
       {{{0, 0}, "C", 1}, {{1.0 / 3, 1.0 / 3}, "C", 1}}});
  // SrTiO3 along [001]: a = 0.3905 nm. Oxygen-only columns are invisible in HAADF. Intensities
  // go roughly with Z^1.7 of the column: Sr (38) against Ti + O (22 + 8).
  constexpr double kSrTiO3 = 0.3905;
  materials.push_back({"SrTiO3",
                       {Vector2{kSrTiO3, 0}, Vector2{0, kSrTiO3}},
                       {{{0, 0}, "Sr", 1}, {{0.5, 0.5}, "Ti", 0.5}}});
  return materials;
}

}  // namespace

double Material::CellAreaNm2() const { return std::abs(Cross(vectors_nm[0], vectors_nm[1])); }

double Material::DensityPerNm2() const { return basis.size() / CellAreaNm2(); }

double Material::NearestNeighbourDistanceNm() const {
  double nearest = std::numeric_limits<double>::infinity();
  for (const BasisAtom& a : basis) {
    for (const BasisAtom& b : basis) {
      for (int i = -2; i <= 2; ++i) {
        for (int j = -2; j <= 2; ++j) {
          const double u = b.fraction.x - a.fraction.x + i;
          const double v = b.fraction.y - a.fraction.y + j;
          const double distance = std::hypot(u * vectors_nm[0].x + v * vectors_nm[1].x,
                                             u * vectors_nm[0].y + v * vectors_nm[1].y);
          if (distance > 1e-9 && distance < nearest) nearest = distance;
        }
      }
    }
  }
  return nearest;
}

const std::vector<Material>& BuiltInMaterials() {
  static const auto& materials = *new std::vector<Material>(MakeBuiltInMaterials());
  return materials;
}

absl::StatusOr<Material> FindMaterial(absl::string_view name, const std::vector<Material>& custom) {
  std::string known;
  for (const std::vector<Material>* list : {&custom, &BuiltInMaterials()}) {
    for (const Material& material : *list) {
      if (material.name == name) return material;
      absl::StrAppend(&known, known.empty() ? "" : ", ", material.name);
    }
  }
  return absl::NotFoundError(absl::StrCat("material \"", name, "\" is not known; known: ", known));
}

absl::Status ValidateMaterial(const Material& material) {
  const std::string where = absl::StrCat("material \"", material.name, "\": ");
  if (material.name.empty() || material.name == "auto") {
    return absl::InvalidArgumentError(
        absl::StrCat("material name = \"", material.name, "\": must not be empty or \"auto\""));
  }
  for (const Vector2& v : material.vectors_nm) {
    if (!std::isfinite(v.x) || !std::isfinite(v.y) || std::hypot(v.x, v.y) > 100) {
      return absl::InvalidArgumentError(
          absl::StrCat(where, "lattice vector (", v.x, ", ", v.y, ") nm: longer than 100 nm"));
    }
  }
  if (!(material.CellAreaNm2() > 1e-4)) {
    return absl::InvalidArgumentError(absl::StrCat(
        where, "lattice vectors span ", material.CellAreaNm2(), " nm^2: must not be parallel"));
  }
  if (material.basis.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(where, "basis: at least one column is needed"));
  }
  for (const BasisAtom& atom : material.basis) {
    for (double f : {atom.fraction.x, atom.fraction.y}) {
      if (!(f >= 0 && f < 1)) {
        return absl::InvalidArgumentError(
            absl::StrCat(where, "basis fraction ", f, ": must be in [0, 1)"));
      }
    }
    if (!(atom.intensity > 0) || !std::isfinite(atom.intensity)) {
      return absl::InvalidArgumentError(
          absl::StrCat(where, "basis intensity ", atom.intensity, ": must be positive"));
    }
  }
  return absl::OkStatus();
}

}  // namespace atomstream
