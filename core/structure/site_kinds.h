// Site kinds: what is special about the place of each atom, from its neighbours and its brightness.
// Needs no training and no labels; stands beside the unsupervised clusters. Pure; any thread.
//
// Definitions, in the order in which they are asked; the first that holds names the site:
// vacancy     an atom misses, though the detector put one there: see FindEmptyPlaces, with
//             dopant_sigmas. Not every vacancy has such a site, but all have neighbours. It bonds
//             to nobody.
// dopant      brighter or darker than the atoms of its own sublattice around it, by more than
//             dopant_sigmas of their scatter and by more than dopant_contrast of a typical atom.
//             Of its own sublattice are the atoms an even number of bonds away, up to four.
// unknown     the frame's edge may hide a neighbour (nearer to it than the cut-off of bonds), or
//             the frame shows too few atoms to say what is usual.
// vacancy_neighbour  fewer bonds than usual, and on a ring that misses 1 to kMaxVacancyAtoms atoms.
// hole_edge   fewer bonds than usual, and on a ring that misses more, or on the outer side of the
//             material. Within kOuterDoubt cut-offs of the frame's edge the outer side says
//             nothing, since a vacancy there may be open to it: unknown.
// odd_ring    on a ring of an unusual number of atoms that misses none: 5 and 7 in graphene.
// bulk        everything else.
// A usual number is the commonest (bonds) or has a quarter of the rings. How many atoms a ring
// misses follows from Pick's theorem: area / area per atom - (atoms on the ring) / 2 + 1.
#ifndef ATOMSTREAM_CORE_STRUCTURE_SITE_KINDS_H_
#define ATOMSTREAM_CORE_STRUCTURE_SITE_KINDS_H_

#include <array>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/image/frame.h"
#include "core/structure/atom.h"
#include "core/structure/bond_graph.h"

namespace atomstream {

enum class SiteKind { kUnknown, kBulk, kDopant, kVacancyNeighbour, kHoleEdge, kOddRing, kVacancy };

inline constexpr std::array<SiteKind, 7> kSiteKinds = {
    SiteKind::kUnknown,  SiteKind::kBulk,    SiteKind::kDopant, SiteKind::kVacancyNeighbour,
    SiteKind::kHoleEdge, SiteKind::kOddRing, SiteKind::kVacancy};

// "unknown", "bulk", "dopant", "vacancy_neighbour", "hole_edge", "odd_ring", "vacancy".
absl::string_view SiteKindName(SiteKind kind);

constexpr int kMaxVacancyAtoms = 4;
constexpr double kOuterDoubt = 2.5;

struct SiteOptions {
  BondOptions bonds;
  double dopant_sigmas = 3.25;    // [1, 100]
  double dopant_contrast = 0.15;  // [0, 10]
};

struct SiteSurroundings {
  SiteKind kind = SiteKind::kUnknown;
  int coordination = 0;   // bonds; too few where `complete` is false
  bool complete = false;  // farther from the frame's edge than the cut-off
  float nearest_px = 0;   // distance to the nearest atom; 0: there is none
  // How far the brightness lies from the sublattice's, in its scatter; 0 where it cannot be said.
  float brightness_sigmas = 0;
};

struct SiteAnalysis {
  BondGraph graph;                      // bonds and angles
  std::vector<SiteSurroundings> sites;  // of each atom
  int usual_coordination = 0;           // 0: too few atoms to say
  std::vector<int> usual_ring_sizes;    // rising; empty: too few rings to say
  int odd_rings = 0;                    // rings of an unusual size that miss no atom
  int vacancies = 0;                    // atoms missing in rings that miss 1 to kMaxVacancyAtoms
};

// How many atoms are of each kind, in the order of kSiteKinds.
std::array<int, kSiteKinds.size()> CountSiteKinds(const SiteAnalysis& analysis);

// Of each atom whether its site is a vacancy.
std::vector<bool> EmptyPlaces(const SiteAnalysis& analysis);

// `image` is normalised but not clipped (NormalisedImage::unclipped); `atoms` are in its pixels.
// `d_nn_px` as in BondGraph::Build. No atoms: an empty analysis. InvalidArgument names what is
// wrong. `on_step`: called after each of its parts, which take seconds for some 100,000 atoms on a
// busy machine, so that a watchdog sees that the work goes on.
absl::StatusOr<SiteAnalysis> AnalyseSites(const Image& image, const std::vector<Atom>& atoms,
                                          double d_nn_px, const SiteOptions& options,
                                          const std::function<void()>& on_step = {});

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_SITE_KINDS_H_
