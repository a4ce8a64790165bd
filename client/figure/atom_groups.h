// AtomGroups: the atoms of a result sorted by what colours them, with how each group looks. Made
// once for a figure; the frame, its legend and the scatter of components all use it. Points into
// the result, which outlives it.
#ifndef ATOMSTREAM_CLIENT_FIGURE_ATOM_GROUPS_H_
#define ATOMSTREAM_CLIENT_FIGURE_ATOM_GROUPS_H_

#include <optional>
#include <string>
#include <vector>

#include "atomstream/v1/result.pb.h"
#include "client/figure/canvas.h"
#include "client/figure/figure.h"

namespace atomstream::figure {

struct AtomGroup {
  std::string name;
  Colour colour;
  Shape shape = Shape::kCircle;
  std::optional<double> mean_intensity;  // none: no atom has one
  std::vector<int> atoms;                // indices into the table
};

struct AtomGroups {
  ColourBy by = ColourBy::kNone;  // never kAuto
  std::vector<AtomGroup> groups;  // in the order of the legend
};

// Columns that a table lacks count as "no cluster" and "unknown".
AtomGroups GroupAtoms(const v1::DetectorResult& detector, ColourBy by, FigureKind figure);

// Atoms at one kind of place that a figure marks, whatever colours them.
struct SiteMark {
  v1::SiteKind kind;
  Shape shape;
};
inline constexpr SiteMark kSiteMarks[] = {
    {v1::SITE_KIND_DOPANT, Shape::kCircle},
    {v1::SITE_KIND_VACANCY, Shape::kDiamond},
    {v1::SITE_KIND_VACANCY_NEIGHBOUR, Shape::kSquare},
    {v1::SITE_KIND_ODD_RING, Shape::kTriangle},
};

std::vector<int> AtomsOfKind(const v1::AtomTable& atoms, v1::SiteKind kind);

}  // namespace atomstream::figure

#endif  // ATOMSTREAM_CLIENT_FIGURE_ATOM_GROUPS_H_
