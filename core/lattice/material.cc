#include "core/lattice/material.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

// Columns closer than this are one column, given twice.
constexpr double kMinColumnDistanceNm = 0.01;

double Cross(const Vector2& a, const Vector2& b) { return a.x * b.y - a.y * b.x; }

// The two shortest vectors that span the same lattice, the shorter first (Gauss's reduction).
std::array<Vector2, 2> ShortestVectors(std::array<Vector2, 2> v) {
  const auto dot = [](const Vector2& a, const Vector2& b) { return a.x * b.x + a.y * b.y; };
  for (int step = 0; step < 64; ++step) {
    if (dot(v[1], v[1]) < dot(v[0], v[0])) std::swap(v[0], v[1]);
    const double shift = std::round(dot(v[0], v[1]) / dot(v[0], v[0]));
    if (shift == 0) break;
    v[1] = {v[1].x - shift * v[0].x, v[1].y - shift * v[0].y};
  }
  return v;
}

// Distance of `d` to the nearest point of the lattice; `shortest`: its reduced basis, in which that
// point is a corner of the cell around `d` or next to one.
double DistanceToLattice(const Vector2& d, const std::array<Vector2, 2>& shortest) {
  const double area = Cross(shortest[0], shortest[1]);
  const double u = std::round(Cross(d, shortest[1]) / area);
  const double v = std::round(Cross(shortest[0], d) / area);
  double nearest = std::numeric_limits<double>::infinity();
  for (double i : {u - 1, u, u + 1}) {
    for (double j : {v - 1, v, v + 1}) {
      nearest = std::min(nearest, std::hypot(d.x - i * shortest[0].x - j * shortest[1].x,
                                             d.y - i * shortest[0].y - j * shortest[1].y));
    }
  }
  return nearest;
}

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
  const std::array<Vector2, 2> shortest = ShortestVectors(vectors_nm);
  double nearest = std::hypot(shortest[0].x, shortest[0].y);
  for (size_t i = 0; i < basis.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const double u = basis[i].fraction.x - basis[j].fraction.x;
      const double v = basis[i].fraction.y - basis[j].fraction.y;
      const Vector2 d = {u * vectors_nm[0].x + v * vectors_nm[1].x,
                         u * vectors_nm[0].y + v * vectors_nm[1].y};
      nearest = std::min(nearest, DistanceToLattice(d, shortest));
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
  return absl::NotFoundError(
      absl::StrCat("material \"", name, "\" is not known; known: auto, ", known));
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
  if (material.NearestNeighbourDistanceNm() < kMinColumnDistanceNm) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, "basis: columns ", material.NearestNeighbourDistanceNm(),
                     " nm apart: must be at least ", kMinColumnDistanceNm));
  }
  return absl::OkStatus();
}

}  // namespace atomstream
