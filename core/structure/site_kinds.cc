#include "core/structure/site_kinds.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/structure/empty_places.h"
#include "core/structure/rings.h"
#include "core/structure/site_brightness.h"

namespace atomstream {
namespace {

constexpr int kMinAtoms = 12;         // that show all their neighbours, to say what is usual
constexpr int kMinRings = 6;          // likewise
constexpr double kUsualShare = 0.25;  // of the rings

absl::Status CheckRange(absl::string_view name, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " = ", value, ": must be in [", low, ", ", high, "]"));
}

// Signs of one atom, from the rings it is on.
struct RingSigns {
  bool vacancy = false;
  bool hole = false;
  bool outer = false;
  bool odd = false;
};

double EdgeDistance(const Atom& atom, const Image& image) {
  return std::min({atom.x_px, atom.y_px, image.cols - 1 - atom.x_px, image.rows - 1 - atom.y_px});
}

int UsualCoordination(const SiteAnalysis& analysis) {
  std::map<int, int> counts;
  int complete = 0;
  for (const SiteSurroundings& site : analysis.sites) {
    if (!site.complete) continue;
    ++complete;
    ++counts[site.coordination];
  }
  if (complete < kMinAtoms) return 0;
  return std::max_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

void FindUsualRings(const std::vector<Ring>& rings, SiteAnalysis& analysis) {
  std::map<int, int> counts;
  int inner = 0;
  for (const Ring& ring : rings) {
    if (ring.outer()) continue;
    ++inner;
    ++counts[ring.size()];
  }
  if (inner < kMinRings) return;
  for (const auto& [size, count] : counts) {
    if (count >= kUsualShare * inner) analysis.usual_ring_sizes.push_back(size);
  }
}

// Sorts the rings; fills the counts of `analysis`.
std::vector<RingSigns> JudgeRings(const std::vector<Ring>& rings, SiteAnalysis& analysis) {
  std::vector<RingSigns> signs(analysis.sites.size());
  FindUsualRings(rings, analysis);
  if (analysis.usual_ring_sizes.empty()) return signs;
  const auto is_usual = [&](const Ring& ring) {
    return std::binary_search(analysis.usual_ring_sizes.begin(), analysis.usual_ring_sizes.end(),
                              ring.size());
  };
  // Pick: a ring without an atom inside covers size / 2 - 1 times the area of one atom.
  double atoms = 0, area = 0;
  for (const Ring& ring : rings) {
    if (ring.outer() || !is_usual(ring)) continue;
    atoms += ring.size() / 2.0 - 1;
    area += ring.area_px2;
  }
  for (const Ring& ring : rings) {
    const double missing = ring.outer() ? 0 : ring.area_px2 * atoms / area - ring.size() / 2.0 + 1;
    const bool vacancy = missing >= 0.5 && missing < kMaxVacancyAtoms + 0.5;
    const bool hole = missing >= kMaxVacancyAtoms + 0.5;
    const bool odd = !ring.outer() && !vacancy && !hole && !is_usual(ring);
    if (vacancy) analysis.vacancies += static_cast<int>(std::lround(missing));
    if (odd) ++analysis.odd_rings;
    for (int atom : ring.atoms) {
      signs[atom].vacancy |= vacancy;
      signs[atom].hole |= hole;
      signs[atom].outer |= ring.outer();
      signs[atom].odd |= odd;
    }
  }
  return signs;
}

SiteKind KindOf(const SiteSurroundings& site, const RingSigns& signs, bool dopant,
                double edge_distance, const SiteAnalysis& analysis) {
  if (dopant) return SiteKind::kDopant;
  if (!site.complete || analysis.usual_coordination == 0 || analysis.usual_ring_sizes.empty()) {
    return SiteKind::kUnknown;
  }
  if (site.coordination < analysis.usual_coordination) {
    if (signs.vacancy) return SiteKind::kVacancyNeighbour;
    if (signs.hole) return SiteKind::kHoleEdge;
    if (signs.outer || site.coordination == 0) {
      return edge_distance < kOuterDoubt * analysis.graph.cutoff_px() ? SiteKind::kUnknown
                                                                      : SiteKind::kHoleEdge;
    }
  }
  return signs.odd ? SiteKind::kOddRing : SiteKind::kBulk;
}

// Median of those that are known, without its sign; 0 if none is.
double TypicalBrightness(std::vector<float> brightness) {
  std::erase_if(brightness, [](float value) { return std::isnan(value); });
  if (brightness.empty()) return 0;
  const auto middle = brightness.begin() + brightness.size() / 2;
  std::nth_element(brightness.begin(), middle, brightness.end());
  return std::abs(*middle);
}

}  // namespace

absl::string_view SiteKindName(SiteKind kind) {
  switch (kind) {
    case SiteKind::kUnknown:
      return "unknown";
    case SiteKind::kBulk:
      return "bulk";
    case SiteKind::kDopant:
      return "dopant";
    case SiteKind::kVacancyNeighbour:
      return "vacancy_neighbour";
    case SiteKind::kHoleEdge:
      return "hole_edge";
    case SiteKind::kOddRing:
      return "odd_ring";
    case SiteKind::kVacancy:
      return "vacancy";
  }
  return "unknown";
}

std::array<int, kSiteKinds.size()> CountSiteKinds(const SiteAnalysis& analysis) {
  std::array<int, kSiteKinds.size()> counts = {};
  for (const SiteSurroundings& site : analysis.sites) ++counts[static_cast<size_t>(site.kind)];
  return counts;
}

std::vector<bool> EmptyPlaces(const SiteAnalysis& analysis) {
  std::vector<bool> empty;
  for (const SiteSurroundings& site : analysis.sites) {
    empty.push_back(site.kind == SiteKind::kVacancy);
  }
  return empty;
}

absl::StatusOr<SiteAnalysis> AnalyseSites(const Image& image, const std::vector<Atom>& atoms,
                                          double d_nn_px, const SiteOptions& options,
                                          const std::function<void()>& on_step) {
  const auto step = [&] {
    if (on_step) on_step();
  };
  RETURN_IF_ERROR(CheckRange("dopant_sigmas", options.dopant_sigmas, 1, 100));
  RETURN_IF_ERROR(CheckRange("dopant_contrast", options.dopant_contrast, 0, 10));
  ASSIGN_OR_RETURN(BondGraph graph, BondGraph::Build(atoms, d_nn_px, options.bonds));
  SiteAnalysis analysis;
  analysis.graph = std::move(graph);
  if (atoms.empty()) return analysis;
  step();

  const std::vector<Atom> places = SteadyPlaces(analysis.graph, atoms);
  SublatticeComparison comparison(analysis.graph, places,
                                  SiteBrightness(image, places, analysis.graph.d_nn_px()));
  step();
  comparison.RemoveOutliersLight(analysis.graph, options.dopant_sigmas);
  step();
  const std::vector<bool> empty =
      FindEmptyPlaces(image, places, comparison, analysis.graph.d_nn_px(), options.dopant_sigmas);
  step();
  if (std::find(empty.begin(), empty.end(), true) != empty.end()) {
    analysis.graph = analysis.graph.Without(empty);
  }

  analysis.sites.resize(atoms.size());
  for (size_t i = 0; i < atoms.size(); ++i) {
    SiteSurroundings& site = analysis.sites[i];
    site.coordination = analysis.graph.coordination(i);
    site.nearest_px = analysis.graph.nearest_px(i);
    site.complete = EdgeDistance(atoms[i], image) >= analysis.graph.cutoff_px();
  }
  analysis.usual_coordination = UsualCoordination(analysis);
  const std::vector<RingSigns> signs = JudgeRings(FindRings(atoms, analysis.graph), analysis);
  step();

  const double typical = TypicalBrightness(comparison.brightness());
  for (size_t i = 0; i < atoms.size(); ++i) {
    SiteSurroundings& site = analysis.sites[i];
    const BrightnessOutlier& outlier = comparison.outliers()[i];
    site.brightness_sigmas = outlier.sigmas;
    const bool dopant = std::abs(outlier.sigmas) > options.dopant_sigmas &&
                        std::abs(outlier.contrast) > options.dopant_contrast * typical;
    site.kind = empty[i] ? SiteKind::kVacancy
                         : KindOf(site, signs[i], dopant, EdgeDistance(atoms[i], image), analysis);
  }
  return analysis;
}

}  // namespace atomstream
