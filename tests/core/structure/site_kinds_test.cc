#include "core/structure/site_kinds.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/structure/simulated_atoms.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SiteAnalysis Analyse(const FrameWithAtoms& frame) {
  return *AnalyseSites(frame.image, frame.atoms, frame.d_nn_px, SiteOptions());
}

int Count(const SiteAnalysis& analysis, SiteKind kind) {
  return std::count_if(analysis.sites.begin(), analysis.sites.end(),
                       [&](const SiteSurroundings& site) { return site.kind == kind; });
}

double EdgeDistance(const FrameWithAtoms& frame, int atom) {
  const Atom& a = frame.atoms[atom];
  return std::min({a.x_px, a.y_px, frame.image.cols - 1 - a.x_px, frame.image.rows - 1 - a.y_px});
}

// The atom nearest to a place.
int AtomAt(const FrameWithAtoms& frame, double x, double y) {
  const auto distance = [&](const Atom& a) { return std::hypot(a.x_px - x, a.y_px - y); };
  return std::min_element(frame.atoms.begin(), frame.atoms.end(),
                          [&](const Atom& a, const Atom& b) { return distance(a) < distance(b); }) -
         frame.atoms.begin();
}

FrameWithAtoms Perfect(const std::string& material, int size_px = 256) {
  return RenderAtoms(*BuildSpecimen(TestSpecimen(material, size_px)), TestScan(size_px, 0), 0);
}

TEST(SiteKindsTest, FindsOnlyBulkInPerfectCrystalsAwayFromTheEdge) {
  for (const char* material : {"graphene", "SrTiO3"}) {
    const FrameWithAtoms frame = Perfect(material);
    const SiteAnalysis analysis = Analyse(frame);
    for (const SiteSurroundings& site : analysis.sites) {
      EXPECT_EQ(site.kind, site.complete ? SiteKind::kBulk : SiteKind::kUnknown) << material;
    }
    EXPECT_GT(Count(analysis, SiteKind::kBulk), 200) << material;
    EXPECT_EQ(analysis.vacancies, 0) << material;
  }
}

TEST(SiteKindsTest, KnowsWhatIsUsualInEachMaterial) {
  const SiteAnalysis graphene = Analyse(Perfect("graphene"));
  EXPECT_EQ(graphene.usual_coordination, 3);
  EXPECT_THAT(graphene.usual_ring_sizes, ElementsAre(6));
  const SiteAnalysis oxide = Analyse(Perfect("SrTiO3"));
  EXPECT_EQ(oxide.usual_coordination, 4);
  EXPECT_THAT(oxide.usual_ring_sizes, ElementsAre(4));
}

TEST(SiteKindsTest, NamesExactlyTheNeighboursOfAVacancy) {
  for (const char* material : {"graphene", "SrTiO3"}) {
    FrameWithAtoms frame = Perfect(material);
    const int centre = AtomAt(frame, 128, 128);
    const Atom removed = frame.atoms[centre];
    frame.atoms.erase(frame.atoms.begin() + centre);
    const SiteAnalysis analysis = Analyse(frame);
    EXPECT_EQ(analysis.vacancies, 1) << material;
    for (size_t i = 0; i < frame.atoms.size(); ++i) {
      const double distance =
          std::hypot(frame.atoms[i].x_px - removed.x_px, frame.atoms[i].y_px - removed.y_px);
      const bool neighbour = distance < 1.2 * frame.d_nn_px;
      EXPECT_EQ(analysis.sites[i].kind == SiteKind::kVacancyNeighbour, neighbour) << material;
      if (neighbour) {
        EXPECT_EQ(analysis.sites[i].coordination, analysis.usual_coordination - 1);
      }
    }
  }
}

TEST(SiteKindsTest, CountsScatteredVacanciesUnderNoise) {
  for (const char* material : {"graphene", "SrTiO3"}) {
    const FrameWithAtoms whole = Perfect(material, 384);
    SpecimenOptions options = TestSpecimen(material, 384);
    options.vacancy_fraction = 0.01;
    // Positions within a few per cent of d_NN, as detectors find them.
    const FrameWithAtoms frame =
        RenderAtoms(*BuildSpecimen(options), TestScan(384, 0.3), 0.03 * whole.d_nn_px);
    const SiteAnalysis analysis = Analyse(frame);
    const double missing = double(whole.atoms.size()) - frame.atoms.size();
    ASSERT_GE(missing, 5) << material;
    // Those at the frame's edge leave no closed ring: two of d_NN all round, about a tenth.
    EXPECT_LE(analysis.vacancies, missing) << material;
    EXPECT_GE(analysis.vacancies, 0.7 * missing - 1) << material;
    EXPECT_EQ(Count(analysis, SiteKind::kOddRing), 0) << material;
  }
}

TEST(SiteKindsTest, NamesTheEdgeOfAHoleAndNothingElse) {
  SpecimenOptions options = TestSpecimen("graphene", 384);
  options.hole_fraction = 0.1;
  const FrameWithAtoms frame = RenderAtoms(*BuildSpecimen(options), TestScan(384, 0.1), 0.2);
  const SiteAnalysis analysis = Analyse(frame);
  EXPECT_GT(Count(analysis, SiteKind::kHoleEdge), 20);
  EXPECT_EQ(Count(analysis, SiteKind::kVacancyNeighbour), 0);
  // No atom of the edge lies farther from vacuum than its missing neighbour would.
  for (size_t i = 0; i < frame.atoms.size(); ++i) {
    if (analysis.sites[i].kind != SiteKind::kHoleEdge) continue;
    const int reach = static_cast<int>(std::ceil(1.5 * frame.d_nn_px));
    const int x = std::lround(frame.atoms[i].x_px), y = std::lround(frame.atoms[i].y_px);
    const cv::Rect around =
        cv::Rect(x - reach, y - reach, 2 * reach + 1, 2 * reach + 1) & cv::Rect(0, 0, 384, 384);
    EXPECT_GT(cv::countNonZero(frame.simulated.vacuum(around)), 0) << i;
  }
}

TEST(SiteKindsTest, CallsAnAtomAtTheFramesEdgeUnknown) {
  const FrameWithAtoms frame = Perfect("graphene");
  const SiteAnalysis analysis = Analyse(frame);
  const int corner = AtomAt(frame, 0, 0);
  EXPECT_FALSE(analysis.sites[corner].complete);
  EXPECT_EQ(analysis.sites[corner].kind, SiteKind::kUnknown);
}

TEST(SiteKindsTest, FindsOddRingsOnlyAlongAGrainBoundary) {
  SpecimenOptions options = TestSpecimen("graphene", 384);
  options.grain_boundary = GrainBoundaryOptions();
  const FrameWithAtoms frame = RenderAtoms(*BuildSpecimen(options), TestScan(384, 0.1), 0.2);
  const SiteAnalysis analysis = Analyse(frame);
  EXPECT_GT(Count(analysis, SiteKind::kOddRing), 20);
  const GrainBoundaryOptions& line = *options.grain_boundary;
  for (size_t i = 0; i < frame.atoms.size(); ++i) {
    if (analysis.sites[i].kind != SiteKind::kOddRing) continue;
    const double x = frame.atoms[i].x_px - 191.5, y = frame.atoms[i].y_px - 191.5;
    const double from_line =
        std::abs(y * std::cos(line.line_angle_rad) - x * std::sin(line.line_angle_rad));
    EXPECT_LT(from_line, 3 * frame.d_nn_px) << i;
  }
}

TEST(SiteKindsTest, FindsFiveAndSevenRingsOfARotatedBond) {
  // A Stone-Wales defect: one bond of a honeycomb turned by a right angle (and shortened, as it
  // relaxes) makes two rings of five and two of seven. The brightness is not looked at here.

  FrameWithAtoms frame = Perfect("graphene");
  frame.image.setTo(1);
  const int a = AtomAt(frame, 128, 128);
  const BondGraph graph = *BondGraph::Build(frame.atoms, frame.d_nn_px, {});
  const int b = graph.bonds(a)[0].atom;
  const Atom before_a = frame.atoms[a], before_b = frame.atoms[b];
  const float mx = (before_a.x_px + before_b.x_px) / 2, my = (before_a.y_px + before_b.y_px) / 2;
  const float dx = 0.42f * (before_b.x_px - before_a.x_px);
  const float dy = 0.42f * (before_b.y_px - before_a.y_px);
  frame.atoms[a].x_px = mx + dy, frame.atoms[a].y_px = my - dx;
  frame.atoms[b].x_px = mx - dy, frame.atoms[b].y_px = my + dx;
  const SiteAnalysis analysis = Analyse(frame);
  EXPECT_EQ(analysis.odd_rings, 4);
  EXPECT_EQ(analysis.vacancies, 0);
  EXPECT_EQ(analysis.sites[a].kind, SiteKind::kOddRing);
  EXPECT_EQ(analysis.sites[b].kind, SiteKind::kOddRing);
}

TEST(SiteKindsTest, FindsBrightAndDarkDopantsOfEitherSublattice) {
  for (const auto& [material, intensity] :
       {std::pair{"SrTiO3", 2.0}, std::pair{"graphene", 2.0}, std::pair{"graphene", 0.6}}) {
    SpecimenOptions options = TestSpecimen(material, 384);
    options.dopant_fraction = 0.02;
    options.dopant_intensity = intensity;
    const FrameWithAtoms frame = RenderAtoms(*BuildSpecimen(options), TestScan(384, 0.05), 0.2);
    const SiteAnalysis analysis = Analyse(frame);
    int dopants = 0, found = 0, wrong = 0;
    for (size_t i = 0; i < frame.atoms.size(); ++i) {
      const bool named = analysis.sites[i].kind == SiteKind::kDopant;
      if (EdgeDistance(frame, i) < 0.5 * frame.d_nn_px) continue;
      if (frame.IsDopant(i)) {
        ++dopants;
        found += named;
      }
      wrong += named && !frame.IsDopant(i);
      if (named && frame.IsDopant(i)) {
        EXPECT_EQ(analysis.sites[i].brightness_sigmas > 0, intensity > 1);
      }
    }
    EXPECT_GE(dopants, 5) << intensity;
    EXPECT_EQ(found, dopants) << intensity;
    EXPECT_LE(wrong, 0.002 * frame.atoms.size()) << intensity;
  }
}

// At the frame's edge bonds lead to few atoms of the own sublattice, or to none.
TEST(SiteKindsTest, FindsDopantsBesideTheFramesEdge) {
  for (const char* material : {"graphene", "SrTiO3"}) {
    SpecimenOptions options = TestSpecimen(material, 384);
    options.dopant_fraction = 0.03;
    options.dopant_intensity = 3;
    const FrameWithAtoms frame = RenderAtoms(*BuildSpecimen(options), TestScan(384, 0.02), 0.1);
    const SiteAnalysis analysis = Analyse(frame);
    int dopants = 0, missed = 0, wrong = 0, others = 0;
    for (size_t i = 0; i < frame.atoms.size(); ++i) {
      const double distance = EdgeDistance(frame, i);
      if (distance < 0.5 * frame.d_nn_px || distance > 1.5 * frame.d_nn_px) continue;
      const bool named = analysis.sites[i].kind == SiteKind::kDopant;
      dopants += frame.IsDopant(i);
      missed += !named && frame.IsDopant(i);
      others += !frame.IsDopant(i);
      wrong += named && !frame.IsDopant(i);
    }
    EXPECT_GE(dopants, 3) << material;
    EXPECT_EQ(missed, 0) << material;
    // Dopants outside the frame shine into it, and nobody can tell.
    EXPECT_LE(wrong, 0.05 * others) << material;
  }
}

// A detector that counts on an atom at each place of the lattice reports some where none is.
TEST(SiteKindsTest, TakesAnAtomThatIsNoneForAVacancyAndNamesItsNeighbours) {
  for (const char* material : {"graphene", "SrTiO3"}) {
    for (const double noise : {0.0, 0.2}) {
      SpecimenOptions options = TestSpecimen(material, 384);
      const FrameWithAtoms whole = RenderAtoms(*BuildSpecimen(options), TestScan(384, 0), 0);
      options.vacancy_fraction = 0.01;
      FrameWithAtoms frame = RenderAtoms(*BuildSpecimen(options), TestScan(384, noise), 0.2);
      // Where the frame with vacancies misses an atom of the whole one, the "detector" puts one.
      const size_t atoms = frame.atoms.size();
      for (const Atom& atom : whole.atoms) {
        const bool there =
            std::any_of(frame.atoms.begin(), frame.atoms.begin() + atoms, [&](const Atom& other) {
              return std::hypot(other.x_px - atom.x_px, other.y_px - atom.y_px) <
                     0.5 * frame.d_nn_px;
            });
        if (!there) frame.atoms.push_back(atom);
      }
      ASSERT_EQ(frame.atoms.size(), whole.atoms.size());
      ASSERT_GE(frame.atoms.size() - atoms, 5u);
      const SiteAnalysis analysis = Analyse(frame);
      for (size_t i = 0; i < frame.atoms.size(); ++i) {
        if (EdgeDistance(frame, i) < 1.5 * frame.d_nn_px) continue;
        const SiteKind kind = analysis.sites[i].kind;
        EXPECT_EQ(kind == SiteKind::kVacancy, i >= atoms) << material << " " << noise << " " << i;
        EXPECT_NE(kind, SiteKind::kDopant) << material << " " << noise;
        if (i < atoms) continue;
        EXPECT_EQ(analysis.sites[i].coordination, 0);
        for (size_t j = 0; j < atoms; ++j) {
          const double distance = std::hypot(frame.atoms[i].x_px - frame.atoms[j].x_px,
                                             frame.atoms[i].y_px - frame.atoms[j].y_px);
          if (distance > 1.2 * frame.d_nn_px || !analysis.sites[j].complete) continue;
          EXPECT_EQ(analysis.sites[j].kind, SiteKind::kVacancyNeighbour) << material;
        }
      }
    }
  }
}

TEST(SiteKindsTest, RecallsSiliconInGrapheneUnderNoise) {
  int dopants[2] = {}, found[2] = {}, wrong = 0, atoms = 0;
  for (int seed = 1; seed <= 4; ++seed) {
    SpecimenOptions options = TestSpecimen("graphene", 384);
    options.dopant_fraction = 0.02;
    options.vacancy_fraction = 0.005;
    options.seed = seed;
    const Specimen specimen = *BuildSpecimen(options);
    for (int level = 0; level < 2; ++level) {
      ScanOptions scan = TestScan(384, level == 0 ? 0.2 : 0.4);
      scan.seed = seed;
      // As far from the truth as LoG* finds atoms at these noises: about 0.4 and 0.7 px.
      const FrameWithAtoms frame = RenderAtoms(specimen, scan, level == 0 ? 0.3 : 0.5);
      const SiteAnalysis analysis = Analyse(frame);
      for (size_t i = 0; i < frame.atoms.size(); ++i) {
        const bool named = analysis.sites[i].kind == SiteKind::kDopant;
        // Half of such an atom's disk may lie outside the frame.
        if (EdgeDistance(frame, i) < 0.5 * frame.d_nn_px) continue;
        dopants[level] += frame.IsDopant(i);
        found[level] += named && frame.IsDopant(i);
        wrong += named && !frame.IsDopant(i);
        ++atoms;
      }
    }
  }
  ASSERT_GE(dopants[0], 100);
  EXPECT_GE(found[0], 0.99 * dopants[0]);
  EXPECT_GE(found[1], 0.95 * dopants[1]);
  EXPECT_LE(wrong, 0.002 * atoms);
}

TEST(SiteKindsTest, SaysNothingAboutTooFewAtoms) {
  const Image image = Image::zeros(64, 64);
  EXPECT_TRUE(AnalyseSites(image, {}, 7, SiteOptions())->sites.empty());
  const SiteAnalysis one = *AnalyseSites(image, {{30, 30, 2, 1, 1}}, 7, SiteOptions());
  ASSERT_EQ(one.sites.size(), 1u);
  EXPECT_EQ(one.sites[0].kind, SiteKind::kUnknown);
  EXPECT_EQ(one.usual_coordination, 0);
  const SiteAnalysis three = *AnalyseSites(image, {{30, 30}, {37, 30}, {30, 37}}, 7, SiteOptions());
  for (const SiteSurroundings& site : three.sites) EXPECT_EQ(site.kind, SiteKind::kUnknown);
}

TEST(SiteKindsTest, TakesAtomsOutsideTheImage) {
  const Image image = Image::ones(32, 32);
  const SiteAnalysis analysis =
      *AnalyseSites(image, {{-50, 3}, {500, 500}, {10, 10}}, 7, SiteOptions());
  EXPECT_FALSE(analysis.sites[0].complete);
}

TEST(SiteKindsTest, NamesTheWrongOption) {
  SiteOptions options;
  options.dopant_sigmas = 0;
  EXPECT_THAT(AnalyseSites(Image::zeros(8, 8), {}, 7, options).status().message(),
              HasSubstr("dopant_sigmas = 0"));
}

}  // namespace
}  // namespace atomstream
