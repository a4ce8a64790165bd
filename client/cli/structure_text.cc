#include "client/cli/structure_text.h"

#include <numeric>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/figure/cluster_palette.h"

namespace atomstream {
namespace {

constexpr size_t kColumns = 120;
constexpr char kIndent[] = "       ";  // under the frame's number
constexpr int kCellsPerLine = 5;       // of clusters

double ExplainedPercent(const v1::Clusters& clusters) {
  return 100 * std::accumulate(clusters.explained_variance().begin(),
                               clusters.explained_variance().end(), 0.0);
}

std::string EmptyText(const v1::Clusters& clusters) {
  return absl::StrCat("no clusters: ", clusters.empty_reason(),
                      clusters.detail().empty() ? "" : absl::StrCat(" (", clusters.detail(), ")"));
}

// "3 clusters of 3988 atoms, 112 more at the edge; 4 components explain 71.3 %; model 1".
std::string ClustersSummary(const v1::Clusters& clusters) {
  return absl::StrFormat(
      "%d clusters of %d atoms, %d more at the edge; %d components explain "
      "%.1f %% of the variance; model %d",
      clusters.clusters_size(), clusters.clustered(), clusters.dropped_at_edge(),
      clusters.explained_variance_size(), ExplainedPercent(clusters), clusters.generation());
}

// What became of the model with this frame; empty: nothing.
std::string RefitText(const v1::Clusters& clusters) {
  if (clusters.refit_reason().empty() || !clusters.empty_reason().empty()) return "";
  if (!clusters.refitted()) {
    return absl::StrCat("model ", clusters.generation(), " no longer describes the frame (",
                        clusters.refit_reason(), ") but stands for now");
  }
  return absl::StrCat("model ", clusters.generation(),
                      " fitted to this frame: ", clusters.refit_reason());
}

std::string ClusterCell(const v1::Cluster& cluster, const TextStyle& style) {
  const std::string mark = style.OfCluster(cluster.id(), absl::StrCat("\u25a0 ", cluster.id()));
  const std::string padding(cluster.id() < 10 ? 1 : 0, ' ');
  return absl::StrCat(padding, mark,
                      absl::StrFormat("%7d at %5.2f", cluster.size(), cluster.mean_intensity()));
}

std::string SiteKindsText(const v1::Structure& structure) {
  std::vector<std::string> kinds;
  for (const v1::SiteKindCount& count : structure.site_kinds()) {
    kinds.push_back(absl::StrCat(count.atoms(), " ", SiteKindText(count.site_kind())));
  }
  return kinds.empty() ? "none" : absl::StrJoin(kinds, ", ");
}

// "usually 3 bonds, rings of 6; 2 vacancies, 4 odd rings".
std::string NeighboursText(const v1::Structure& structure) {
  if (structure.usual_coordination() == 0) return "too few to say what is usual";
  return absl::StrFormat(
      "usually %d bonds, rings of %s; %d %s, %d odd %s", structure.usual_coordination(),
      structure.usual_ring_sizes().empty() ? "?"
                                           : absl::StrJoin(structure.usual_ring_sizes(), " or "),
      structure.vacancies(), structure.vacancies() == 1 ? "vacancy" : "vacancies",
      structure.odd_rings(), structure.odd_rings() == 1 ? "ring" : "rings");
}

std::string WatchClusters(const v1::Clusters& clusters, const TextStyle& style) {
  if (!clusters.empty_reason().empty()) {
    return absl::StrCat(kIndent, style.Warn(EmptyText(clusters)), "\n");
  }
  std::string text = absl::StrCat(kIndent, style.Dim(ClustersSummary(clusters)), "\n");
  const std::string refit = RefitText(clusters);
  if (!refit.empty()) absl::StrAppend(&text, kIndent, style.Warn(refit), "\n");
  for (int i = 0; i < clusters.clusters_size(); ++i) {
    const bool new_line = i % kCellsPerLine == 0;
    absl::StrAppend(&text, new_line && i > 0 ? "\n" : "", new_line ? kIndent : "   ",
                    ClusterCell(clusters.clusters(i), style));
  }
  text.push_back('\n');
  return text;
}

std::string ClusterTable(const v1::Clusters& clusters) {
  if (!clusters.empty_reason().empty()) {
    return absl::StrCat("clusters       ", EmptyText(clusters), "\n");
  }
  std::string text = absl::StrCat("clusters       ", ClustersSummary(clusters), "\n");
  const std::string refit = RefitText(clusters);
  if (!refit.empty()) absl::StrAppend(&text, "               ", refit, "\n");
  absl::StrAppendFormat(&text,
                        "    id  colour    atoms   share  intensity  principal components\n");
  for (const v1::Cluster& cluster : clusters.clusters()) {
    absl::StrAppendFormat(&text, "  %4d  %-6s  %7d  %6.4f  %9.4f ", cluster.id(),
                          ColourOfCluster(cluster.id()).name, cluster.size(), cluster.weight(),
                          cluster.mean_intensity());
    for (const double component : cluster.mean_components()) {
      absl::StrAppendFormat(&text, " %7.3f", component);
    }
    text.push_back('\n');
  }
  return text;
}

}  // namespace

std::string WatchStructure(const ResultView& view, const TextStyle& style) {
  std::string text;
  if (view.detector.has_clusters()) text = WatchClusters(view.detector.clusters(), style);
  if (!view.detector.has_structure()) return text;
  const v1::Structure& structure = view.detector.structure();
  if (!structure.error().empty()) {
    absl::StrAppend(&text, kIndent, style.Bad(absl::StrCat("no site kinds: ", structure.error())),
                    "\n");
  } else {
    const std::string sites = absl::StrCat(kIndent, "sites: ", SiteKindsText(structure));
    const std::string neighbours = NeighboursText(structure);
    const bool fits = sites.size() + 2 + neighbours.size() <= kColumns;
    absl::StrAppend(&text, sites, fits ? "; " : absl::StrCat("\n", kIndent), style.Dim(neighbours),
                    "\n");
  }
  return text;
}

std::string StructureText(const ResultView& view) {
  std::string text;
  if (view.detector.has_clusters()) text = ClusterTable(view.detector.clusters());
  if (!view.detector.has_structure()) return text;
  const v1::Structure& structure = view.detector.structure();
  if (!structure.error().empty()) {
    absl::StrAppend(&text, "sites          not analysed: ", structure.error(), "\n");
  } else {
    absl::StrAppend(&text, "sites          ", SiteKindsText(structure), "\n               ",
                    NeighboursText(structure), "\n");
  }
  return text;
}

}  // namespace atomstream
