#include "core/simulate/beam_exposure.h"

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "core/simulate/scan.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const Specimen> Graphene(double dopants = 0) {
  SpecimenOptions options;
  options.material = FindMaterial("graphene", {}).value();
  options.field_width_nm = options.field_height_nm = 5;
  options.margin_nm = 1;
  options.dopant_fraction = dopants;
  return std::make_shared<Specimen>(BuildSpecimen(options).value());
}

// The dose at the centre of the probe, electrons per nm^2.
double CentralDose(const BeamOptions& options, double seconds) {
  const double sigma = options.probe_sigma_nm;
  return options.current_pa * 6.241509074e6 * seconds / (2 * M_PI * sigma * sigma);
}

BeamOptions Harmless() {
  BeamOptions options;
  options.probe_sigma_nm = 0.04;
  return options;
}

BeamOptions Damaging(const std::string& species, double knock_out_dose, double hop_dose) {
  BeamOptions options = Harmless();
  options.damage = {{species, knock_out_dose, hop_dose}};
  return options;
}

int NearestAtom(const Specimen& specimen, double x_nm, double y_nm) {
  int nearest = 0;
  double least = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < specimen.atoms.size(); ++i) {
    const double r = std::hypot(specimen.atoms[i].x_nm - x_nm, specimen.atoms[i].y_nm - y_nm);
    if (r < least) {
      least = r;
      nearest = static_cast<int>(i);
    }
  }
  return nearest;
}

Vector2 PlaceOf(const Specimen& specimen, int index) {
  return {specimen.atoms[index].x_nm, specimen.atoms[index].y_nm};
}

int FirstDopantInside(const Specimen& specimen) {
  for (size_t i = 0; i < specimen.atoms.size(); ++i) {
    const SpecimenAtom& atom = specimen.atoms[i];
    if (specimen.species[atom.species] == "Si" && std::hypot(atom.x_nm, atom.y_nm) < 2) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

TEST(BeamExposureTest, DoseFallsAsTheProbe) {
  const auto specimen = Graphene();
  BeamExposure beam = BeamExposure::Create(Harmless(), specimen).value();
  const int atom = NearestAtom(*specimen, 0, 0);
  const Vector2 place = PlaceOf(*specimen, atom);
  const ExposureReport report = beam.Expose(place, 0.5).value();
  EXPECT_DOUBLE_EQ(report.electrons, 50 * 6.241509074e6 * 0.5);
  const double centre = CentralDose(Harmless(), 0.5);
  EXPECT_NEAR(report.peak_dose / centre, 1, 1e-12);
  ASSERT_EQ(static_cast<int>(report.atoms.size()), report.atoms_exposed);
  for (const ExposedAtom& reached : report.atoms) {
    EXPECT_EQ(reached.dose, beam.DoseOf(reached.atom_id));
    const Vector2 at = PlaceOf(*specimen, reached.atom_id);
    EXPECT_NEAR(reached.distance_nm, std::hypot(at.x - place.x, at.y - place.y), 1e-12);
  }
  int exposed = 0;
  for (size_t i = 0; i < specimen->atoms.size(); ++i) {
    const double r =
        std::hypot(specimen->atoms[i].x_nm - place.x, specimen->atoms[i].y_nm - place.y);
    const double expected = r > 0.2 ? 0 : centre * std::exp(-0.5 * r * r / (0.04 * 0.04));
    EXPECT_NEAR(beam.DoseOf(static_cast<int>(i)), expected, 1e-12 * centre);
    exposed += r <= 0.2;
  }
  EXPECT_EQ(report.atoms_exposed, exposed);
  EXPECT_EQ(exposed, 4);  // the atom and its three neighbours, 0.142 nm away
}

TEST(BeamExposureTest, DosesOfExposuresAddUp) {
  const auto specimen = Graphene();
  BeamExposure beam = BeamExposure::Create(Harmless(), specimen).value();
  const int atom = NearestAtom(*specimen, 0.5, 0.5);
  ASSERT_TRUE(beam.Expose(PlaceOf(*specimen, atom), 0.1).ok());
  ASSERT_TRUE(beam.Expose(PlaceOf(*specimen, atom), 0.3).ok());
  EXPECT_NEAR(beam.DoseOf(atom) / CentralDose(Harmless(), 0.4), 1, 1e-12);
  EXPECT_NEAR(beam.total_electrons() / (50 * 6.241509074e6 * 0.4), 1, 1e-12);
  EXPECT_EQ(beam.exposures(), 2);
  EXPECT_EQ(beam.DoseOf(-1), 0);
  EXPECT_EQ(beam.DoseOf(1 << 30), 0);
}

TEST(BeamExposureTest, HarmlessBeamLeavesTheSpecimenUncopied) {
  const auto specimen = Graphene();
  BeamExposure beam = BeamExposure::Create(Harmless(), specimen).value();
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(beam.Expose({0.1 * i, 0}, 100)->events.empty());
  EXPECT_EQ(beam.specimen(), specimen);
}

TEST(BeamExposureTest, EnoughDoseKnocksTheAtomOut) {
  const auto specimen = Graphene();
  // 40 times the mean dose at the centre; at a neighbour, 3.5 sigma away, 0.07 times of it.
  const BeamOptions options = Damaging("C", CentralDose(Harmless(), 1) / 40, 0);
  BeamExposure beam = BeamExposure::Create(options, specimen).value();
  const int atom = NearestAtom(*specimen, 0, 0);
  const Vector2 place = PlaceOf(*specimen, atom);
  const ExposureReport report = beam.Expose(place, 1).value();
  ASSERT_GE(report.events.size(), 1u);
  bool hit = false;
  for (const BeamEvent& event : report.events) {
    EXPECT_EQ(event.kind, BeamEvent::Kind::kKnockOut);
    if (event.atom_id == atom) {
      hit = true;
      EXPECT_EQ(event.from_nm.x, place.x);
    }
  }
  EXPECT_TRUE(hit);
  EXPECT_NE(beam.specimen(), specimen);
  EXPECT_EQ(beam.specimen()->atoms.size(), specimen->atoms.size() - report.events.size());
  EXPECT_EQ(beam.atom_ids().size(), beam.specimen()->atoms.size());
  const int nearest = NearestAtom(*beam.specimen(), place.x, place.y);
  EXPECT_GT(std::hypot(beam.specimen()->atoms[nearest].x_nm - place.x,
                       beam.specimen()->atoms[nearest].y_nm - place.y),
            0.1);
  // The snapshot that a renderer holds is what it was.
  EXPECT_EQ(PlaceOf(*specimen, atom).x, place.x);
  // Ids stay with their atoms, and the dose of one that is gone is still known.
  for (size_t i = 0; i < beam.atom_ids().size(); ++i) {
    const SpecimenAtom& before = specimen->atoms[beam.atom_ids()[i]];
    ASSERT_EQ(beam.specimen()->atoms[i].x_nm, before.x_nm);
  }
  EXPECT_GT(beam.DoseOf(atom), 0);
}

TEST(BeamExposureTest, ShareOfKnockOutsFollowsTheDose) {
  const auto specimen = Graphene();
  // Half the mean dose: 1 - exp(-0.5) of the atoms under the probe's centre go.
  BeamOptions options = Damaging("C", 2 * CentralDose(Harmless(), 1), 0);
  constexpr int kTrials = 2000;
  int gone = 0;
  const int atom = NearestAtom(*specimen, 0, 0);
  for (int i = 0; i < kTrials; ++i) {
    options.seed = i;
    BeamExposure beam = BeamExposure::Create(options, specimen).value();
    const ExposureReport report = beam.Expose(PlaceOf(*specimen, atom), 1).value();
    for (const BeamEvent& event : report.events) gone += event.atom_id == atom;
  }
  const double share = 1 - std::exp(-0.5);
  // Four standard errors.
  EXPECT_NEAR(gone, kTrials * share, 4 * std::sqrt(kTrials * share * (1 - share)));
}

TEST(BeamExposureTest, DopantHopsToANeighbouringSite) {
  const auto specimen = Graphene(0.02);
  const int dopant = FirstDopantInside(*specimen);
  ASSERT_GE(dopant, 0);
  const Vector2 place = PlaceOf(*specimen, dopant);
  BeamExposure beam =
      BeamExposure::Create(Damaging("Si", 0, CentralDose(Harmless(), 1) / 40), specimen).value();
  const ExposureReport report = beam.Expose(place, 1).value();
  ASSERT_EQ(report.events.size(), 1u);
  const BeamEvent& event = report.events[0];
  EXPECT_EQ(event.kind, BeamEvent::Kind::kHop);
  EXPECT_EQ(event.atom_id, dopant);
  EXPECT_EQ(specimen->species[event.species], "Si");
  EXPECT_NEAR(std::hypot(event.to_nm.x - place.x, event.to_nm.y - place.y), 0.142, 1e-3);
  // Two atoms changed places; no site is empty or held twice.
  const Specimen& now = *beam.specimen();
  ASSERT_EQ(now.atoms.size(), specimen->atoms.size());
  EXPECT_EQ(now.atoms[dopant].x_nm, event.to_nm.x);
  EXPECT_EQ(now.atoms[dopant].intensity, specimen->atoms[dopant].intensity);
  EXPECT_EQ(now.atoms[event.partner_id].x_nm, place.x);
  EXPECT_EQ(now.species[now.atoms[event.partner_id].species], "C");
  int moved = 0;
  for (size_t i = 0; i < now.atoms.size(); ++i) {
    moved += now.atoms[i].x_nm != specimen->atoms[i].x_nm ||
             now.atoms[i].y_nm != specimen->atoms[i].y_nm;
  }
  EXPECT_EQ(moved, 2);
}

TEST(BeamExposureTest, AtomsOfOneElementDoNotChangePlaces) {
  const auto specimen = Graphene();
  ASSERT_EQ(specimen->species[0], specimen->species[1]);  // two sites of carbon
  BeamExposure beam =
      BeamExposure::Create(Damaging("C", 0, CentralDose(Harmless(), 1) / 40), specimen).value();
  EXPECT_TRUE(beam.Expose(PlaceOf(*specimen, NearestAtom(*specimen, 0, 0)), 1)->events.empty());
}

TEST(BeamExposureTest, BeamOnCarbonLeavesDopantsElsewhereAlone) {
  const auto specimen = Graphene(0.02);
  const int dopant = FirstDopantInside(*specimen);
  ASSERT_GE(dopant, 0);
  BeamExposure beam =
      BeamExposure::Create(Damaging("Si", 0, CentralDose(Harmless(), 1) / 40), specimen).value();
  for (size_t i = 0; i < specimen->atoms.size(); ++i) {
    const SpecimenAtom& atom = specimen->atoms[i];
    bool near_dopant = false;
    for (const SpecimenAtom& other : specimen->atoms) {
      near_dopant |= specimen->species[other.species] == "Si" &&
                     std::hypot(atom.x_nm - other.x_nm, atom.y_nm - other.y_nm) < 0.25;
    }
    if (near_dopant) continue;
    ASSERT_TRUE(beam.Expose(PlaceOf(*specimen, static_cast<int>(i)), 1)->events.empty());
  }
  EXPECT_EQ(beam.specimen(), specimen);
}

TEST(BeamExposureTest, VacuumIsExposedToNoEffect) {
  const auto specimen = Graphene();
  BeamExposure beam = BeamExposure::Create(Damaging("C", 1, 0), specimen).value();
  const ExposureReport report = beam.Expose({50, 50}, 1).value();
  EXPECT_EQ(report.atoms_exposed, 0);
  EXPECT_EQ(report.peak_dose, 0);
  EXPECT_TRUE(report.events.empty());
  EXPECT_GT(beam.total_electrons(), 0);
}

TEST(BeamExposureTest, SeedDecidesTheEvents) {
  const auto specimen = Graphene(0.05);
  const auto run = [&](uint64_t seed) {
    BeamOptions options = Damaging("C", 3 * CentralDose(Harmless(), 1), 0);
    options.damage.push_back({"Si", 0, CentralDose(Harmless(), 1)});
    options.seed = seed;
    BeamExposure beam = BeamExposure::Create(options, specimen).value();
    std::vector<int> hit;
    for (int i = 0; i < 60; ++i) {
      const Vector2 place = PlaceOf(*beam.specimen(), i * 7);
      const ExposureReport report = beam.Expose(place, 1).value();
      for (const BeamEvent& event : report.events) hit.push_back(event.atom_id);
    }
    return hit;
  };
  const std::vector<int> first = run(1);
  EXPECT_GT(first.size(), 5u);
  EXPECT_EQ(run(1), first);
  EXPECT_NE(run(2), first);
}

TEST(BeamExposureTest, ChangedSpecimenShowsInTheNextFrame) {
  const auto specimen = Graphene();
  ScanOptions scan;
  scan.width_px = scan.height_px = 200;
  scan.drift_x_px_per_frame = 1.5;
  scan.drift_y_px_per_frame = -0.5;
  constexpr int64_t kFrame = 6;
  const SimulatedFrame before = RenderFrame(*specimen, scan, kFrame).value();
  // An atom well inside; the fraction of the field of view at which the frame shows it.
  const TrueAtom* target = nullptr;
  for (const TrueAtom& atom : before.atoms) {
    if (std::hypot(atom.x_px - 60, atom.y_px - 120) < 6) target = &atom;
  }
  ASSERT_NE(target, nullptr);
  const Vector2 place =
      SpecimenPlaceNm(*specimen, scan, kFrame, (target->x_px + 0.5) / scan.width_px,
                      (target->y_px + 0.5) / scan.height_px)
          .value();
  const int atom = NearestAtom(*specimen, place.x, place.y);
  EXPECT_NEAR(specimen->atoms[atom].x_nm, place.x, 1e-9);
  EXPECT_NEAR(specimen->atoms[atom].y_nm, place.y, 1e-9);
  BeamExposure beam =
      BeamExposure::Create(Damaging("C", CentralDose(Harmless(), 1) / 40, 0), specimen).value();
  ASSERT_FALSE(beam.Expose(place, 1)->events.empty());
  const SimulatedFrame after = RenderFrame(*beam.specimen(), scan, kFrame).value();
  const int x = static_cast<int>(std::lround(target->x_px));
  const int y = static_cast<int>(std::lround(target->y_px));
  EXPECT_LT(after.image(y, x), before.image(y, x) - 0.5);
}

TEST(BeamExposureTest, PlacesOutsideTheFieldOfViewAreRefused) {
  const auto specimen = Graphene();
  ScanOptions scan;
  scan.width_px = scan.height_px = 200;
  const Vector2 corner = SpecimenPlaceNm(*specimen, scan, 0, 0, 1).value();
  const PointPx back = FramePlacesPx(*specimen, scan, 0, {corner}).value().front();
  EXPECT_NEAR(back.x_px, -0.5, 1e-9);
  EXPECT_NEAR(back.y_px, scan.height_px - 0.5, 1e-9);
  EXPECT_NEAR(corner.x, -100 * scan.pixel_size_nm, 1e-12);
  EXPECT_NEAR(corner.y, 100 * scan.pixel_size_nm, 1e-12);
  const auto refusal = [&](int64_t frame, double x, double y) {
    const absl::Status status = SpecimenPlaceNm(*specimen, scan, frame, x, y).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_THAT(refusal(0, 1.01, 0.5), HasSubstr("x_fraction = 1.01"));
  EXPECT_THAT(refusal(0, 0.5, NAN), HasSubstr("y_fraction = nan"));
  EXPECT_THAT(refusal(-1, 0.5, 0.5), HasSubstr("frame_index = -1"));
}

TEST(BeamExposureTest, RejectedOptionsAndExposuresAreNamedWithTheirValue) {
  struct Case {
    const char* expected;
    std::function<void(BeamOptions&)> spoil;
  };
  const Case cases[] = {
      {"current_pa = 0", [](BeamOptions& o) { o.current_pa = 0; }},
      {"current_pa = nan", [](BeamOptions& o) { o.current_pa = NAN; }},
      {"probe_sigma_nm = -1", [](BeamOptions& o) { o.probe_sigma_nm = -1; }},
      {"species = \"Pu\": the specimen has C, Si",
       [](BeamOptions& o) {
         o.damage = {{"Pu", 1, 1}};
       }},
      {"knock_out_dose = -5",
       [](BeamOptions& o) {
         o.damage = {{"C", -5, 0}};
       }},
      {"hop_dose = inf",
       [](BeamOptions& o) {
         o.damage = {{"Si", 0, std::numeric_limits<double>::infinity()}};
       }},
  };
  const auto specimen = Graphene();
  for (const Case& c : cases) {
    BeamOptions options = Harmless();
    c.spoil(options);
    const auto beam = BeamExposure::Create(options, specimen);
    EXPECT_EQ(beam.status().code(), absl::StatusCode::kInvalidArgument) << c.expected;
    EXPECT_THAT(std::string(beam.status().message()), HasSubstr(c.expected));
  }
  BeamExposure beam = BeamExposure::Create(Harmless(), specimen).value();
  for (const double seconds : {0.0, -1.0, 3601.0, static_cast<double>(NAN)}) {
    EXPECT_THAT(std::string(beam.Expose({0, 0}, seconds).status().message()),
                HasSubstr("dwell_time_s = "));
  }
  EXPECT_EQ(beam.Expose({NAN, 0}, 1).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(beam.exposures(), 0);  // refused ones leave no dose
  EXPECT_EQ(beam.total_electrons(), 0);
}

}  // namespace
}  // namespace atomstream
