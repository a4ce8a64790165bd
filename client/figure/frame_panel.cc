#include "client/figure/frame_panel.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/figure/axis.h"
#include "client/figure/palette.h"

namespace atomstream::figure {
namespace {

constexpr double kLargestAtom = 3.4;
constexpr double kSmallestAtom = 0.45;
constexpr double kSmallestMark = 2.6;
constexpr double kSectionGap = 0.7;  // between parts of the legend, of a row
// From this radius on atoms have an outline; smaller ones would be nothing else.
constexpr double kOutlinedFrom = 1.1;
constexpr double kRingsFrom = 2.4;

double NearestDistancePx(const FigureInput& input) {
  const v1::DetectorResult& detector = input.detector;
  if (detector.lattice().d_nn_px() > 0) return detector.lattice().d_nn_px();
  if (detector.structure().d_nn_px() > 0) return detector.structure().d_nn_px();
  const double area = static_cast<double>(input.result.width_px()) * input.result.height_px();
  return std::sqrt(area / std::max(1, detector.atoms().x_px_size()));
}

double AtomRadius(const FrameMap& map, const FigureInput& input) {
  return std::clamp(0.27 * NearestDistancePx(input) * map.points_per_px, kSmallestAtom,
                    kLargestAtom);
}

// White with a dark rim, to be seen on the frame, on atoms, and on the legend's page.
void DrawSiteMark(Canvas& canvas, Point centre, Shape shape, double radius) {
  canvas.Mark(centre, {.shape = shape,
                       .radius = radius,
                       .fill = std::nullopt,
                       .outline = kInk,
                       .outline_width = 2.0});
  canvas.Mark(centre, {.shape = shape,
                       .radius = radius,
                       .fill = std::nullopt,
                       .outline = kWhite,
                       .outline_width = 1.0});
}

MarkLook LookOf(const AtomGroup& group, double radius) {
  MarkLook look{.shape = group.shape, .radius = radius, .fill = group.colour};
  if (radius >= kOutlinedFrom) {
    look.outline = kInk;
    look.outline_width = std::min(0.4, radius / 5);
  }
  return look;
}

// Rings, or dots where rings would hide the frame: what is found is to be compared with it.
MarkLook PlainLook(const AtomGroup& group, double radius) {
  if (radius < kRingsFrom) {
    return {.radius = std::max(kSmallestAtom, 0.55 * radius), .fill = group.colour};
  }
  return {.radius = radius, .outline = group.colour, .outline_width = 1};
}

void DrawScaleBar(Canvas& canvas, const FrameMap& map, double pixel_size_nm) {
  const double unit = pixel_size_nm > 0 ? map.points_per_px / pixel_size_nm : map.points_per_px;
  const double length = RoundLength(map.box.width / 4 / unit);
  const std::string text = pixel_size_nm <= 0 ? absl::StrCat(NumberText(length, 6), " px")
                           : length >= 1000   ? absl::StrCat(NumberText(length / 1000, 6), " µm")
                                              : absl::StrCat(NumberText(length, 6), " nm");
  const TextLook look{.size = 8, .colour = kWhite, .bold = true, .align = Align::kCentre};
  const double width = std::max(length * unit, canvas.TextWidth(text, look)) + 12;
  const Box back{map.box.x + 5, map.box.bottom() - 25, width, 20};
  if (back.right() > map.box.right() || back.y < map.box.y) return;  // too small a picture
  canvas.Fill(back, kInk, 0.65);
  const double middle = back.x + back.width / 2;
  canvas.Fill({middle - length * unit / 2, back.bottom() - 6, length * unit, 2.5}, kWhite);
  canvas.Text({middle, back.bottom() - 9}, text, look);
}

bool MarksSites(const AtomGroups& groups) { return groups.by != ColourBy::kKind; }

std::vector<std::pair<SiteMark, int>> MarksWithAtoms(const FigureInput& input,
                                                     const AtomGroups& groups) {
  std::vector<std::pair<SiteMark, int>> marks;
  if (!MarksSites(groups)) return marks;
  for (const SiteMark& mark : kSiteMarks) {
    const auto count = AtomsOfKind(input.detector.atoms(), mark.kind).size();
    if (count > 0) marks.emplace_back(mark, static_cast<int>(count));
  }
  return marks;
}

std::string Nanometres(double nm) { return absl::StrCat(NumberText(nm), " nm"); }

}  // namespace

FrameMap FitFrame(int width_px, int height_px, Point corner, double max_width, double max_height) {
  FrameMap map;
  map.points_per_px = std::min(max_width / width_px, max_height / height_px);
  map.box = {corner.x, corner.y, width_px * map.points_per_px, height_px * map.points_per_px};
  return map;
}

double PixelSizeOf(const FigureInput& input) {
  const double used = input.detector.lattice().pixel_size_nm_used();
  if (used > 0) return used;
  const double preview = input.frame.pixel_size_nm();
  if (!(preview > 0) || input.result.width_px() <= 0) return 0;
  // A preview's pixels are larger: its blocks may be cut at the edge, the field of view is not.
  if (input.frame.field_of_view_nm() > 0) {
    return input.frame.field_of_view_nm() / input.result.width_px();
  }
  return preview * input.frame.width_px() / input.result.width_px();
}

void DrawAtoms(Canvas& canvas, const FrameMap& map, const GreyFrame& frame,
               const FigureInput& input, const AtomGroups& groups) {
  canvas.Clip(map.box);
  canvas.Draw(map.box, GreyPicture(frame), /*smooth=*/true);
  const v1::AtomTable& atoms = input.detector.atoms();
  const double radius = AtomRadius(map, input);
  // The rarest on top.
  std::vector<const AtomGroup*> order;
  for (const AtomGroup& group : groups.groups) order.push_back(&group);
  std::stable_sort(order.begin(), order.end(), [](const AtomGroup* a, const AtomGroup* b) {
    return a->atoms.size() > b->atoms.size();
  });
  for (const AtomGroup* group : order) {
    MarkLook look = LookOf(*group, radius);
    if (groups.by == ColourBy::kNone) look = PlainLook(*group, radius);
    for (const int i : group->atoms) canvas.Mark(map.At(atoms.x_px(i), atoms.y_px(i)), look);
  }
  for (const auto& [mark, count] : MarksWithAtoms(input, groups)) {
    for (const int i : AtomsOfKind(atoms, mark.kind)) {
      DrawSiteMark(canvas, map.At(atoms.x_px(i), atoms.y_px(i)), mark.shape,
                   std::max(1.6 * radius, kSmallestMark));
    }
  }
  DrawScaleBar(canvas, map, PixelSizeOf(input));
  canvas.Clip(std::nullopt);
  canvas.Outline(map.box, kDim, 0.6);
}

std::vector<Fact> FactsOf(const FigureInput& input) {
  const v1::DetectorResult& detector = input.detector;
  const v1::LatticeEstimate& lattice = detector.lattice();
  const double pixel_nm = PixelSizeOf(input);
  std::vector<Fact> facts;
  facts.push_back(
      {"frame", absl::StrCat(input.result.width_px(), " × ", input.result.height_px(), " px")});
  if (pixel_nm > 0) {
    facts.push_back(
        {"pixel size",
         absl::StrCat(Nanometres(pixel_nm), lattice.metadata_disagrees() ? " (measured)" : "")});
  }
  if (lattice.found() || lattice.d_nn_px() > 0) {
    const std::string nm =
        pixel_nm > 0 ? absl::StrCat(" = ", Nanometres(lattice.d_nn_px() * pixel_nm)) : "";
    facts.push_back({"nearest neighbours", absl::StrCat(NumberText(lattice.d_nn_px()), " px", nm)});
  } else {
    facts.push_back({"lattice", "none found"});
  }
  if (!lattice.material().empty()) facts.push_back({"material", lattice.material()});
  if (detector.has_structure() && detector.structure().usual_coordination() > 0) {
    facts.push_back({"missing atoms", CountText(detector.structure().vacancies())});
    facts.push_back({"odd rings", CountText(detector.structure().odd_rings())});
  }
  if (detector.detector() == "log_star" && detector.front().solutions_size() > 0) {
    facts.push_back({"QC of the atoms", NumberText(detector.qc())});
    facts.push_back({"ER of the atoms", NumberText(detector.er())});
  }
  if (!detector.model_id().empty()) facts.push_back({"model", detector.model_id()});
  for (const v1::Evaluation& evaluation : input.result.evaluations()) {
    if (evaluation.detector() == detector.detector()) {
      facts.push_back({"F1 against the truth", NumberText(evaluation.f1())});
    }
  }
  return facts;
}

double FactsHeight(const FigureInput& input) {
  return static_cast<double>(FactsOf(input).size()) * kRowHeight;
}

void DrawFacts(Canvas& canvas, const Box& box, const FigureInput& input) {
  Box row{box.x, box.y, box.width, kRowHeight};
  for (const Fact& fact : FactsOf(input)) {
    DrawFact(canvas, row, fact);
    row.y += kRowHeight;
  }
}

double LegendHeight(const FigureInput& input, const AtomGroups& groups) {
  const size_t marks = MarksWithAtoms(input, groups).size();
  if (groups.groups.empty()) return FactsHeight(input);
  const size_t rows = 1 + groups.groups.size() + marks;
  const int gaps = 1 + (marks > 0 ? 1 : 0);
  return (static_cast<double>(rows) + kSectionGap * gaps) * kRowHeight + FactsHeight(input);
}

void DrawLegend(Canvas& canvas, const Box& box, const FigureInput& input,
                const AtomGroups& groups) {
  constexpr double kSwatch = 16;
  const double intensity_at = box.right();
  const double atoms_at = box.right() - 62;
  const TextLook text{.size = kTextSize};
  const TextLook header{.size = kTextSize, .colour = kDim};
  const auto right = [](TextLook look) {
    look.align = Align::kRight;
    return look;
  };
  double y = box.y;
  const auto baseline = [&y] { return y + kTextSize + 1; };
  const double name_room = atoms_at - 34 - box.x - kSwatch;
  if (!groups.groups.empty()) {
    canvas.Text({atoms_at, baseline()}, "atoms", right(header));
    canvas.Text({intensity_at, baseline()}, "mean intensity", right(header));
    y += kRowHeight;
  }
  for (const AtomGroup& group : groups.groups) {
    canvas.Mark({box.x + 5, y + kRowHeight / 2 - 0.6}, LookOf(group, kLargestAtom));
    canvas.Text({box.x + kSwatch, baseline()}, canvas.Fit(group.name, name_room, text), text);
    canvas.Text({atoms_at, baseline()}, CountText(static_cast<int64_t>(group.atoms.size())),
                right(text));
    canvas.Text({intensity_at, baseline()},
                group.mean_intensity ? absl::StrFormat("%.3f", *group.mean_intensity) : "–",
                right(text));
    y += kRowHeight;
  }
  const auto marks = MarksWithAtoms(input, groups);
  if (!marks.empty()) y += kSectionGap * kRowHeight;
  for (const auto& [mark, count] : marks) {
    DrawSiteMark(canvas, {box.x + 5, y + kRowHeight / 2 - 0.6}, mark.shape, kLargestAtom);
    canvas.Text({box.x + kSwatch, baseline()}, NameOfKind(mark.kind), text);
    canvas.Text({atoms_at, baseline()}, CountText(count), right(text));
    y += kRowHeight;
  }
  if (!groups.groups.empty()) y += kSectionGap * kRowHeight;
  DrawFacts(canvas, {box.x, y, box.width, 0}, input);
}

}  // namespace atomstream::figure
