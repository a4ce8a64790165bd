#include "core/simulate/specimen.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

SpecimenOptions Options(const std::string& material) {
  SpecimenOptions options;
  options.material = FindMaterial(material, {}).value();
  options.field_width_nm = 6;
  options.field_height_nm = 5;
  options.margin_nm = 1;
  return options;
}

double NearestDistance(const Specimen& specimen, const SpecimenAtom& atom) {
  double nearest = std::numeric_limits<double>::infinity();
  for (const SpecimenAtom& other : specimen.atoms) {
    if (&other == &atom) continue;
    nearest = std::min(nearest, std::hypot(other.x_nm - atom.x_nm, other.y_nm - atom.y_nm));
  }
  return nearest;
}

TEST(SpecimenTest, HoldsDensityTimesAreaAtoms) {
  for (const char* name : {"graphene", "SrTiO3"}) {
    for (const double rotation : {0.0, 0.37, 1.9}) {
      SpecimenOptions options = Options(name);
      options.rotation_rad = rotation;
      const Specimen specimen = BuildSpecimen(options).value();
      const double expected = 8 * 7 * options.material.DensityPerNm2();
      // A lattice counted in a box is off by at most about half a row along the perimeter.
      const double edge = 30 * std::sqrt(options.material.DensityPerNm2()) / 2;
      EXPECT_NEAR(specimen.atoms.size(), expected, edge) << name << " " << rotation;
      for (const SpecimenAtom& atom : specimen.atoms) {
        EXPECT_LE(std::abs(atom.x_nm), 4);
        EXPECT_LE(std::abs(atom.y_nm), 3.5);
      }
    }
  }
}

TEST(SpecimenTest, NeighboursAreOneNearestNeighbourDistanceApart) {
  for (const char* name : {"graphene", "SrTiO3"}) {
    SpecimenOptions options = Options(name);
    options.rotation_rad = 0.2;
    const Specimen specimen = BuildSpecimen(options).value();
    const double d_nn = options.material.NearestNeighbourDistanceNm();
    for (const SpecimenAtom& atom : specimen.atoms) {
      if (std::abs(atom.x_nm) > 3.5 || std::abs(atom.y_nm) > 3) continue;
      EXPECT_NEAR(NearestDistance(specimen, atom), d_nn, 1e-9) << name;
    }
  }
}

TEST(SpecimenTest, ShowsBothSublatticesWithTheirIntensities) {
  const Specimen specimen = BuildSpecimen(Options("SrTiO3")).value();
  int counts[2] = {0, 0};
  for (const SpecimenAtom& atom : specimen.atoms) {
    ASSERT_LT(atom.species, 2);
    ++counts[atom.species];
    EXPECT_EQ(atom.intensity, specimen.material.basis[atom.species].intensity);
  }
  EXPECT_EQ(specimen.species[0], "Sr");
  EXPECT_EQ(specimen.species[1], "Ti");
  EXPECT_NEAR(counts[0], counts[1], 45);  // the edge effect: one row of 20 cells each way
  EXPECT_GT(counts[0], 300);
}

TEST(SpecimenTest, WorksForACustomMaterial) {
  SpecimenOptions options = Options("graphene");
  options.material = {"square", {Vector2{0.5, 0}, Vector2{0, 0.5}}, {{{0, 0}, "X", 1}}};
  options.origin_nm = Vector2{0, 0};
  const Specimen specimen = BuildSpecimen(options).value();
  EXPECT_EQ(specimen.atoms.size(), 17u * 15u);  // -4 … 4 and -3.5 … 3.5 in steps of 0.5
}

TEST(SpecimenTest, LeavesOutExactlyTheVacancies) {
  SpecimenOptions options = Options("graphene");
  const int full = BuildSpecimen(options).value().atoms.size();
  options.vacancy_fraction = 0.013;
  const int left = BuildSpecimen(options).value().atoms.size();
  EXPECT_EQ(full - left, std::lround(0.013 * full));
}

TEST(SpecimenTest, ReplacesExactlyTheDopants) {
  SpecimenOptions options = Options("graphene");
  options.dopant_fraction = 0.005;
  const Specimen specimen = BuildSpecimen(options).value();
  int dopants = 0;
  for (const SpecimenAtom& atom : specimen.atoms) {
    const bool dopant = specimen.species[atom.species] == "Si";
    dopants += dopant;
    EXPECT_EQ(atom.intensity, dopant ? 2.6 : 1.0);
  }
  EXPECT_EQ(dopants, std::lround(0.005 * specimen.atoms.size()));
}

TEST(SpecimenTest, HolesAreEmptyAndCoverTheirShareOfTheField) {
  SpecimenOptions options = Options("graphene");
  const int full = BuildSpecimen(options).value().atoms.size();
  options.hole_fraction = 0.1;
  options.hole_count = 3;
  const Specimen specimen = BuildSpecimen(options).value();
  ASSERT_EQ(specimen.holes.size(), 3u);
  double area = 0;
  for (const Hole& hole : specimen.holes) {
    area += hole.area_nm2();
    EXPECT_LE(std::abs(hole.centre_nm().x) + hole.max_radius_nm(), 3);
    EXPECT_LE(std::abs(hole.centre_nm().y) + hole.max_radius_nm(), 2.5);
    for (const SpecimenAtom& atom : specimen.atoms) {
      EXPECT_FALSE(hole.Contains(atom.x_nm, atom.y_nm));
    }
  }
  EXPECT_NEAR(area, 0.1 * 30, 1e-12);
  // Atoms cut: density times area, +- one row along an outline of about 11 nm.
  EXPECT_NEAR(full - static_cast<int>(specimen.atoms.size()), 3 * 38.17, 34);
}

TEST(SpecimenTest, GrainBoundaryKeepsAtomsApartAndChangesTheLattice) {
  SpecimenOptions options = Options("graphene");
  options.grain_boundary = GrainBoundaryOptions{0.35, 0.9, 0.2};
  const Specimen specimen = BuildSpecimen(options).value();
  const double d_nn = options.material.NearestNeighbourDistanceNm();
  int off_distance = 0;
  for (const SpecimenAtom& atom : specimen.atoms) {
    if (std::abs(atom.x_nm) > 3.5 || std::abs(atom.y_nm) > 3) continue;
    const double nearest = NearestDistance(specimen, atom);
    EXPECT_GE(nearest, 0.6 * d_nn);
    off_distance += std::abs(nearest - d_nn) > 1e-6;
  }
  // Some atoms along the line have a wrong neighbour, those away from it do not.
  EXPECT_GT(off_distance, 5);
  EXPECT_LT(off_distance, 150);
}

TEST(SpecimenTest, StrainStretchesTheLattice) {
  SpecimenOptions options = Options("graphene");
  options.material = {"square", {Vector2{0.5, 0}, Vector2{0, 0.5}}, {{{0, 0}, "X", 1}}};
  options.origin_nm = Vector2{0, 0};
  options.strain_xx = 0.1;
  options.strain_xy = 0.02;
  const Specimen specimen = BuildSpecimen(options).value();
  const auto has_atom_at = [&](double x, double y) {
    return std::any_of(specimen.atoms.begin(), specimen.atoms.end(), [&](const SpecimenAtom& atom) {
      return std::hypot(atom.x_nm - x, atom.y_nm - y) < 1e-9;
    });
  };
  EXPECT_TRUE(has_atom_at(0, 0));
  EXPECT_TRUE(has_atom_at(0.55, 0.01));  // (0.5, 0) strained
  EXPECT_TRUE(has_atom_at(0.01, 0.5));   // (0, 0.5) strained
  EXPECT_FALSE(has_atom_at(0.5, 0));
}

TEST(SpecimenTest, JitterMovesEachAtomByItsStandardDeviation) {
  SpecimenOptions options = Options("graphene");
  options.field_width_nm = options.field_height_nm = 12;
  const Specimen still = BuildSpecimen(options).value();
  options.position_jitter_nm = 0.01;
  const Specimen moved = BuildSpecimen(options).value();
  ASSERT_EQ(still.atoms.size(), moved.atoms.size());
  double square = 0;
  for (size_t i = 0; i < still.atoms.size(); ++i) {
    square += std::pow(still.atoms[i].x_nm - moved.atoms[i].x_nm, 2);
    square += std::pow(still.atoms[i].y_nm - moved.atoms[i].y_nm, 2);
  }
  const double count = 2.0 * still.atoms.size();
  // Five standard errors of a standard deviation.
  EXPECT_NEAR(std::sqrt(square / count), 0.01, 5 * 0.01 / std::sqrt(2 * count));
}

TEST(SpecimenTest, ContaminationSpansItsRangeSlowly) {
  SpecimenOptions options = Options("graphene");
  options.contamination = 0.3;
  const Specimen specimen = BuildSpecimen(options).value();
  double low = 1e9, high = -1e9, steepest = 0;
  for (double y = -3.5; y <= 3.5; y += 0.05) {
    for (double x = -4; x <= 4; x += 0.05) {
      const double value = specimen.contamination.At(x, y);
      low = std::min(low, value);
      high = std::max(high, value);
      steepest =
          std::max(steepest, std::abs(specimen.contamination.At(x + 0.05, y) - value) / 0.05);
    }
  }
  EXPECT_NEAR(low, 0, 0.01);
  EXPECT_NEAR(high, 0.3, 0.01);
  // A wave of 6 nm and amplitude 0.3 is nowhere steeper than 2 pi 0.3 / 6 per nm.
  EXPECT_LT(steepest, 0.32);
}

TEST(SpecimenTest, RasterOfContaminationIsTheField) {
  SpecimenOptions options = Options("graphene");
  options.contamination = 0.3;
  const Specimen specimen = BuildSpecimen(options).value();
  Image raster(30, 40, 1.0f);
  specimen.contamination.AddTo({-1, 0.5}, 0.05, raster);
  for (int y = 0; y < raster.rows; ++y) {
    for (int x = 0; x < raster.cols; ++x) {
      // 1e-6: float32 sums of five waves.
      ASSERT_NEAR(raster(y, x), 1 + specimen.contamination.At(-1 + 0.05 * x, 0.5 + 0.05 * y), 1e-6);
    }
  }
}

TEST(SpecimenTest, SameSeedSameSpecimen) {
  SpecimenOptions options = Options("graphene");
  options.vacancy_fraction = 0.1;
  const Specimen a = BuildSpecimen(options).value();
  const Specimen b = BuildSpecimen(options).value();
  ASSERT_EQ(a.atoms.size(), b.atoms.size());
  for (size_t i = 0; i < a.atoms.size(); ++i) EXPECT_EQ(a.atoms[i].x_nm, b.atoms[i].x_nm);
  options.seed = 2;
  const Specimen c = BuildSpecimen(options).value();
  EXPECT_NE(a.atoms[0].x_nm, c.atoms[0].x_nm);
}

TEST(SpecimenTest, RejectedOptionsAreNamedWithTheirValue) {
  struct Case {
    const char* expected;
    std::function<void(SpecimenOptions&)> spoil;
  };
  const Case cases[] = {
      {"field_width_nm = -1", [](SpecimenOptions& o) { o.field_width_nm = -1; }},
      {"field_height_nm = nan", [](SpecimenOptions& o) { o.field_height_nm = NAN; }},
      {"margin_nm = -0.5", [](SpecimenOptions& o) { o.margin_nm = -0.5; }},
      {"vacancy_fraction = 1.5", [](SpecimenOptions& o) { o.vacancy_fraction = 1.5; }},
      {"dopant_fraction = -0.1", [](SpecimenOptions& o) { o.dopant_fraction = -0.1; }},
      {"dopant_intensity = 0", [](SpecimenOptions& o) { o.dopant_intensity = 0; }},
      {"hole_fraction = 0.6", [](SpecimenOptions& o) { o.hole_fraction = 0.6; }},
      {"hole_count = 0", [](SpecimenOptions& o) { o.hole_count = 0; }},
      {"hole_irregularity = 0.9", [](SpecimenOptions& o) { o.hole_irregularity = 0.9; }},
      {"no room", [](SpecimenOptions& o) { o.hole_fraction = 0.5, o.hole_irregularity = 0.5; }},
      {"grain_boundary.offset_nm = inf",
       [](SpecimenOptions& o) {
         o.grain_boundary = GrainBoundaryOptions{0, 0, std::numeric_limits<double>::infinity()};
       }},
      {"strain_xy = 0.5", [](SpecimenOptions& o) { o.strain_xy = 0.5; }},
      {"position_jitter_nm = -1", [](SpecimenOptions& o) { o.position_jitter_nm = -1; }},
      {"contamination = -1", [](SpecimenOptions& o) { o.contamination = -1; }},
      {"contamination_wave_nm = 0", [](SpecimenOptions& o) { o.contamination_wave_nm = 0; }},
      {"atoms, more than", [](SpecimenOptions& o) { o.field_width_nm = 9000, o.margin_nm = 90; }},
      {"material", [](SpecimenOptions& o) { o.material.basis.clear(); }},
  };
  for (const Case& c : cases) {
    SpecimenOptions options = Options("graphene");
    c.spoil(options);
    const auto specimen = BuildSpecimen(options);
    EXPECT_EQ(specimen.status().code(), absl::StatusCode::kInvalidArgument) << c.expected;
    EXPECT_THAT(std::string(specimen.status().message()), HasSubstr(c.expected));
  }
}

}  // namespace
}  // namespace atomstream
