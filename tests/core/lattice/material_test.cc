#include "core/lattice/material.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

TEST(MaterialTest, GrapheneHasTheTextbookNumbers) {
  const Material graphene = *FindMaterial("graphene", {});
  EXPECT_NEAR(graphene.NearestNeighbourDistanceNm(), 0.142, 0.0005);  // a / sqrt(3)
  EXPECT_NEAR(graphene.DensityPerNm2(), 38.16, 0.01);                 // 4 / (sqrt(3) a^2)
}

TEST(MaterialTest, SrTiO3HasTwoColumnsACell) {
  const Material material = *FindMaterial("SrTiO3", {});
  EXPECT_NEAR(material.NearestNeighbourDistanceNm(), 0.3905 / std::sqrt(2.0), 1e-9);
  EXPECT_NEAR(material.DensityPerNm2(), 2 / (0.3905 * 0.3905), 1e-9);
}

TEST(MaterialTest, NearestNeighboursDoNotDependOnTheChoiceOfTheCell) {
  const Material graphene = *FindMaterial("graphene", {});
  Material sheared = graphene;  // the same crystal, its second vector 7 cells farther along
  const auto [a, b] = graphene.vectors_nm;
  sheared.vectors_nm[1] = {b.x + 7 * a.x, b.y + 7 * a.y};
  for (BasisAtom& atom : sheared.basis) {
    const double u = atom.fraction.x - 7 * atom.fraction.y;
    atom.fraction.x = u - std::floor(u);
  }
  EXPECT_NEAR(sheared.NearestNeighbourDistanceNm(), graphene.NearestNeighbourDistanceNm(), 1e-12);
  EXPECT_NEAR(sheared.DensityPerNm2(), graphene.DensityPerNm2(), 1e-9);
  EXPECT_TRUE(ValidateMaterial(sheared).ok());
}

TEST(MaterialTest, OneColumnIsItsOwnNeighbour) {
  const Material chain{"chain", {Vector2{1.9, 0}, Vector2{0.1, 0.2}}, {{{0.25, 0.5}, "Pb", 1}}};
  EXPECT_NEAR(chain.NearestNeighbourDistanceNm(), std::hypot(0.1, 0.2), 1e-12);
}

TEST(MaterialTest, CustomMaterialComesBeforeThePreset) {
  Material mine = *FindMaterial("graphene", {});
  mine.vectors_nm[0].x = 0.25;
  EXPECT_EQ(FindMaterial("graphene", {mine})->vectors_nm[0].x, 0.25);
}

TEST(MaterialTest, UnknownNameListsTheKnown) {
  const auto material = FindMaterial("unobtainium", {});
  EXPECT_EQ(material.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(material.status().message()), HasSubstr("graphene, SrTiO3"));
}

TEST(ValidateMaterialTest, NamesWhatIsWrong) {
  const auto message = [](auto change) {
    Material material = *FindMaterial("SrTiO3", {});
    change(material);
    return std::string(ValidateMaterial(material).message());
  };
  EXPECT_EQ(message([](Material&) {}), "");
  EXPECT_THAT(message([](Material& m) { m.name = ""; }), HasSubstr("name"));
  EXPECT_THAT(message([](Material& m) { m.name = "auto"; }), HasSubstr("auto"));
  EXPECT_THAT(message([](Material& m) { m.vectors_nm[1] = m.vectors_nm[0]; }),
              HasSubstr("parallel"));
  EXPECT_THAT(message([](Material& m) { m.vectors_nm[0].x = NAN; }), HasSubstr("lattice vector"));
  EXPECT_THAT(message([](Material& m) { m.basis.clear(); }), HasSubstr("basis"));
  EXPECT_THAT(message([](Material& m) { m.basis[0].fraction.x = 1; }), HasSubstr("fraction 1"));
  EXPECT_THAT(message([](Material& m) { m.basis[1].intensity = 0; }), HasSubstr("intensity 0"));
  EXPECT_THAT(message([](Material& m) { m.basis[1].fraction = {0, 0.99}; }), HasSubstr("apart"));
}

}  // namespace
}  // namespace atomstream
