#include "core/simulate/specimen.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/simulate/random.h"

namespace atomstream {
namespace {

constexpr double kMaxAtoms = 4e6;
constexpr double kBoundaryDistance = 0.6;  // of d_NN
constexpr int kHolePlacementTries = 2000;

// Independent random streams, so that switching one option on leaves the others' draws alone.
enum Stream : uint64_t { kOrigin, kHoles, kVacancies, kDopants, kJitter, kContamination };

absl::Status CheckRange(absl::string_view name, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("specimen.", name, " = ", value, ": must be in [", low, ", ", high, "]"));
}

absl::Status Validate(const SpecimenOptions& o) {
  RETURN_IF_ERROR(ValidateMaterial(o.material));
  RETURN_IF_ERROR(CheckRange("field_width_nm", o.field_width_nm, 0.01, 10000));
  RETURN_IF_ERROR(CheckRange("field_height_nm", o.field_height_nm, 0.01, 10000));
  RETURN_IF_ERROR(CheckRange("margin_nm", o.margin_nm, 0, 10000));
  RETURN_IF_ERROR(CheckRange("rotation_rad", o.rotation_rad, -100, 100));
  if (o.origin_nm.has_value()) {
    RETURN_IF_ERROR(CheckRange("origin_nm.x", o.origin_nm->x, -10000, 10000));
    RETURN_IF_ERROR(CheckRange("origin_nm.y", o.origin_nm->y, -10000, 10000));
  }
  RETURN_IF_ERROR(CheckRange("vacancy_fraction", o.vacancy_fraction, 0, 1));
  RETURN_IF_ERROR(CheckRange("dopant_fraction", o.dopant_fraction, 0, 1));
  RETURN_IF_ERROR(CheckRange("dopant_intensity", o.dopant_intensity, 0.01, 1000));
  RETURN_IF_ERROR(CheckRange("hole_fraction", o.hole_fraction, 0, 0.5));
  RETURN_IF_ERROR(CheckRange("hole_count", o.hole_count, 1, 16));
  RETURN_IF_ERROR(CheckRange("hole_irregularity", o.hole_irregularity, 0, 0.5));
  if (o.grain_boundary.has_value()) {
    const GrainBoundaryOptions& g = *o.grain_boundary;
    RETURN_IF_ERROR(CheckRange("grain_boundary.rotation_rad", g.rotation_rad, -100, 100));
    RETURN_IF_ERROR(CheckRange("grain_boundary.line_angle_rad", g.line_angle_rad, -100, 100));
    RETURN_IF_ERROR(CheckRange("grain_boundary.offset_nm", g.offset_nm, -10000, 10000));
  }
  RETURN_IF_ERROR(CheckRange("strain_xx", o.strain_xx, -0.2, 0.2));
  RETURN_IF_ERROR(CheckRange("strain_yy", o.strain_yy, -0.2, 0.2));
  RETURN_IF_ERROR(CheckRange("strain_xy", o.strain_xy, -0.2, 0.2));
  RETURN_IF_ERROR(CheckRange("position_jitter_nm", o.position_jitter_nm, 0, 1));
  RETURN_IF_ERROR(CheckRange("contamination", o.contamination, 0, 100));
  RETURN_IF_ERROR(CheckRange("contamination_wave_nm", o.contamination_wave_nm, 0.1, 1e6));
  const double atoms = (o.field_width_nm + 2 * o.margin_nm) *
                       (o.field_height_nm + 2 * o.margin_nm) * o.material.DensityPerNm2();
  if (atoms > kMaxAtoms) {
    return absl::InvalidArgumentError(absl::StrCat(
        "specimen.field_width_nm = ", o.field_width_nm, ", field_height_nm = ", o.field_height_nm,
        ", margin_nm = ", o.margin_nm, ": ", atoms, " atoms, more than ", kMaxAtoms));
  }
  return absl::OkStatus();
}

Vector2 Rotate(Vector2 v, double angle_rad) {
  const double c = std::cos(angle_rad);
  const double s = std::sin(angle_rad);
  return {c * v.x - s * v.y, s * v.x + c * v.y};
}

// All atoms of a rotated, strained lattice inside |x| <= half.x, |y| <= half.y.
std::vector<SpecimenAtom> GrowLattice(const SpecimenOptions& o, double rotation_rad, Vector2 origin,
                                      Vector2 half) {
  const auto to_specimen = [&](Vector2 v) {
    v = Rotate(v, rotation_rad);
    return Vector2{(1 + o.strain_xx) * v.x + o.strain_xy * v.y,
                   o.strain_xy * v.x + (1 + o.strain_yy) * v.y};
  };
  const Vector2 a = to_specimen(o.material.vectors_nm[0]);
  const Vector2 b = to_specimen(o.material.vectors_nm[1]);
  const double determinant = a.x * b.y - a.y * b.x;

  // Cells that can reach the patch: the range of its corners in lattice coordinates, one more each
  // way for the basis.
  double low_u = 1e300, high_u = -1e300, low_v = 1e300, high_v = -1e300;
  for (const double sx : {-1.0, 1.0}) {
    for (const double sy : {-1.0, 1.0}) {
      const double x = sx * half.x - origin.x;
      const double y = sy * half.y - origin.y;
      const double u = (x * b.y - y * b.x) / determinant;
      const double v = (a.x * y - a.y * x) / determinant;
      low_u = std::min(low_u, u);
      high_u = std::max(high_u, u);
      low_v = std::min(low_v, v);
      high_v = std::max(high_v, v);
    }
  }
  std::vector<SpecimenAtom> atoms;
  const int first_u = static_cast<int>(std::floor(low_u)) - 1;
  const int last_u = static_cast<int>(std::ceil(high_u)) + 1;
  const int first_v = static_cast<int>(std::floor(low_v)) - 1;
  const int last_v = static_cast<int>(std::ceil(high_v)) + 1;
  for (int v = first_v; v <= last_v; ++v) {
    for (int u = first_u; u <= last_u; ++u) {
      for (size_t k = 0; k < o.material.basis.size(); ++k) {
        const BasisAtom& site = o.material.basis[k];
        const double fu = u + site.fraction.x;
        const double fv = v + site.fraction.y;
        const double x = origin.x + fu * a.x + fv * b.x;
        const double y = origin.y + fu * a.y + fv * b.y;
        if (std::abs(x) > half.x || std::abs(y) > half.y) continue;
        atoms.push_back({x, y, site.intensity, static_cast<int>(k)});
      }
    }
  }
  return atoms;
}

// Keeps the first grain on one side of the line and the second on the other.
std::vector<SpecimenAtom> JoinGrains(const SpecimenOptions& o,
                                     const std::vector<SpecimenAtom>& first,
                                     const std::vector<SpecimenAtom>& second) {
  const GrainBoundaryOptions& g = *o.grain_boundary;
  const Vector2 normal = Rotate({0, 1}, g.line_angle_rad);
  const auto side_nm = [&](const SpecimenAtom& atom) {
    return normal.x * atom.x_nm + normal.y * atom.y_nm - g.offset_nm;
  };
  const double closest = kBoundaryDistance * o.material.NearestNeighbourDistanceNm();
  std::vector<SpecimenAtom> joined;
  std::vector<SpecimenAtom> rim;  // atoms of the first grain that the second can come near
  for (const SpecimenAtom& atom : first) {
    if (side_nm(atom) >= 0) continue;
    joined.push_back(atom);
    if (side_nm(atom) > -closest) rim.push_back(atom);
  }
  for (const SpecimenAtom& atom : second) {
    const double side = side_nm(atom);
    if (side < 0) continue;
    const bool too_close =
        side < closest && std::any_of(rim.begin(), rim.end(), [&](const SpecimenAtom& other) {
          return std::hypot(atom.x_nm - other.x_nm, atom.y_nm - other.y_nm) < closest;
        });
    if (!too_close) joined.push_back(atom);
  }
  return joined;
}

absl::Status CutHoles(const SpecimenOptions& o, Specimen& specimen) {
  if (o.hole_fraction <= 0) return absl::OkStatus();
  Random random(DeriveSeed(o.seed, kHoles));
  const double area = o.hole_fraction * o.field_width_nm * o.field_height_nm / o.hole_count;
  for (int tries = 0; tries < kHolePlacementTries; ++tries) {
    if (static_cast<int>(specimen.holes.size()) == o.hole_count) break;
    Hole hole(area, o.hole_irregularity, random);
    const Vector2 room{o.field_width_nm / 2 - hole.max_radius_nm(),
                       o.field_height_nm / 2 - hole.max_radius_nm()};
    const Vector2 centre{random.Uniform(-1, 1) * room.x, random.Uniform(-1, 1) * room.y};
    if (room.x < 0 || room.y < 0) continue;
    hole.MoveTo(centre);
    const bool overlaps =
        std::any_of(specimen.holes.begin(), specimen.holes.end(), [&](const Hole& other) {
          return std::hypot(centre.x - other.centre_nm().x, centre.y - other.centre_nm().y) <
                 hole.max_radius_nm() + other.max_radius_nm();
        });
    if (!overlaps) specimen.holes.push_back(hole);
  }
  if (static_cast<int>(specimen.holes.size()) < o.hole_count) {
    return absl::InvalidArgumentError(absl::StrCat(
        "specimen.hole_fraction = ", o.hole_fraction, ", hole_count = ", o.hole_count,
        ", hole_irregularity = ", o.hole_irregularity, ": the holes find no room in the field"));
  }
  std::erase_if(specimen.atoms, [&](const SpecimenAtom& atom) {
    return std::any_of(specimen.holes.begin(), specimen.holes.end(),
                       [&](const Hole& hole) { return hole.Contains(atom.x_nm, atom.y_nm); });
  });
  return absl::OkStatus();
}

// Moves round(fraction * size) atoms, drawn at random, to the front of `atoms`; returns how many.
int DrawToFront(double fraction, Random& random, std::vector<SpecimenAtom>& atoms) {
  const int size = static_cast<int>(atoms.size());
  const int count = static_cast<int>(std::lround(fraction * size));
  for (int i = 0; i < count; ++i) std::swap(atoms[i], atoms[i + random.Index(size - i)]);
  return count;
}

}  // namespace

absl::StatusOr<Specimen> BuildSpecimen(const SpecimenOptions& options) {
  RETURN_IF_ERROR(Validate(options));
  Specimen specimen;
  specimen.material = options.material;
  specimen.field_width_nm = options.field_width_nm;
  specimen.field_height_nm = options.field_height_nm;
  specimen.margin_nm = options.margin_nm;
  for (const BasisAtom& site : options.material.basis) specimen.species.push_back(site.species);
  specimen.species.push_back(options.dopant_species);

  const Vector2 half{specimen.half_width_nm(), specimen.half_height_nm()};
  Random origin_random(DeriveSeed(options.seed, kOrigin));
  const Vector2 random_origin{origin_random.Uniform(-1, 1), origin_random.Uniform(-1, 1)};
  const Vector2 origin = options.origin_nm.value_or(random_origin);
  specimen.atoms = GrowLattice(options, options.rotation_rad, origin, half);
  if (options.grain_boundary.has_value()) {
    specimen.atoms =
        JoinGrains(options, specimen.atoms,
                   GrowLattice(options, options.rotation_rad + options.grain_boundary->rotation_rad,
                               origin, half));
  }
  RETURN_IF_ERROR(CutHoles(options, specimen));

  Random vacancy_random(DeriveSeed(options.seed, kVacancies));
  const int vacancies = DrawToFront(options.vacancy_fraction, vacancy_random, specimen.atoms);
  specimen.atoms.erase(specimen.atoms.begin(), specimen.atoms.begin() + vacancies);

  Random dopant_random(DeriveSeed(options.seed, kDopants));
  const int dopants = DrawToFront(options.dopant_fraction, dopant_random, specimen.atoms);
  for (int i = 0; i < dopants; ++i) {
    specimen.atoms[i].intensity = options.dopant_intensity;
    specimen.atoms[i].species = static_cast<int>(specimen.species.size()) - 1;
  }

  if (options.position_jitter_nm > 0) {
    Random jitter_random(DeriveSeed(options.seed, kJitter));
    for (SpecimenAtom& atom : specimen.atoms) {
      atom.x_nm += options.position_jitter_nm * jitter_random.Normal();
      atom.y_nm += options.position_jitter_nm * jitter_random.Normal();
    }
  }
  Random contamination_random(DeriveSeed(options.seed, kContamination));
  specimen.contamination = Contamination(options.contamination, options.contamination_wave_nm, half,
                                         contamination_random);
  return specimen;
}

}  // namespace atomstream
