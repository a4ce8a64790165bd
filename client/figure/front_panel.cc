#include "client/figure/front_panel.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/figure/axis.h"
#include "client/figure/palette.h"

namespace atomstream::figure {
namespace {

constexpr double kHeight = 300;
constexpr double kNoteHeight = 90;

std::string PreprocessingName(v1::Preprocessing preprocessing) {
  switch (preprocessing) {
    case v1::PREPROCESSING_NONE:
      return "none";
    case v1::PREPROCESSING_GAUSSIAN:
      return "Gaussian";
    case v1::PREPROCESSING_LATTICE:
      return "lattice filter";
    default:
      return "unknown";
  }
}

const v1::ParetoSolution* ChosenOf(const v1::ParetoFront& front) {
  const int index = front.chosen_index();
  return index >= 0 && index < front.solutions_size() ? &front.solutions(index) : nullptr;
}

std::string WhyEmpty(const v1::DetectorResult& detector) {
  if (detector.detector() == "unet") return "the U-Net has no Pareto front";
  if (detector.flags().empty()) return "the front is empty";
  return absl::StrCat("the front is empty: ", absl::StrJoin(detector.flags(), ", "));
}

}  // namespace

std::vector<Fact> ChosenFacts(const v1::ParetoFront& front) {
  const v1::ParetoSolution* chosen = ChosenOf(front);
  if (chosen == nullptr) return {};
  const v1::LogParams& params = chosen->params();
  std::vector<Fact> facts = {
      {"chosen by", absl::StrCat(front.chosen_by(), " (", front.chosen_index() + 1, " of ",
                                 front.solutions_size(), ")")},
      {"QC, ER", absl::StrCat(NumberText(chosen->qc()), ", ", NumberText(chosen->er()))},
      {"preprocessing", PreprocessingName(params.preprocessing())},
      {"scales σ",
       absl::StrCat(NumberText(params.min_sigma_px()), " – ", NumberText(params.max_sigma_px()),
                    " px, ", params.num_sigma(), params.num_sigma() == 1 ? " level" : " levels")},
      {"threshold", NumberText(params.threshold())},
      {"overlap", NumberText(params.overlap())}};
  if (params.min_spacing_px() > 0) {
    facts.push_back({"least spacing", absl::StrCat(NumberText(params.min_spacing_px()), " px")});
  }
  return facts;
}

double FrontHeight(const v1::DetectorResult& detector) {
  return detector.front().solutions().empty() ? kNoteHeight : kHeight;
}

void DrawFront(Canvas& canvas, const Box& box, const FigureInput& input) {
  const v1::ParetoFront& front = input.detector.front();
  if (front.solutions().empty()) return DrawNote(canvas, box, WhyEmpty(input.detector));
  const std::vector<Fact> facts = ChosenFacts(front);
  const double table = static_cast<double>(facts.size()) * kRowHeight + 6;
  std::vector<double> qc, er;
  for (const v1::ParetoSolution& solution : front.solutions()) {
    qc.push_back(solution.qc());
    er.push_back(solution.er());
  }
  const Axis x = FittingAxis(qc, 4);
  const Axis y = FittingAxis(er, 4);
  const Box plot = DrawAxes(canvas, {box.x, box.y, box.width, box.height - table}, x, y,
                            "QC (quality count)", "ER (error)");
  std::vector<Point> stairs;  // what a solution dominates begins right above it
  for (size_t i = 0; i < qc.size(); ++i) {
    const Point at = PlaceIn(plot, x, y, qc[i], er[i]);
    if (!stairs.empty()) stairs.push_back({at.x, stairs.back().y});
    stairs.push_back(at);
  }
  canvas.Line(stairs, kNoCluster, 1);
  for (size_t i = 0; i < qc.size(); ++i) {
    canvas.Mark(PlaceIn(plot, x, y, qc[i], er[i]),
                {.radius = 2.3, .fill = kOtherSolution, .outline = kInk, .outline_width = 0.5});
  }
  if (const v1::ParetoSolution* chosen = ChosenOf(front)) {
    canvas.Mark(PlaceIn(plot, x, y, chosen->qc(), chosen->er()), {.shape = Shape::kDiamond,
                                                                  .radius = 4.2,
                                                                  .fill = kAccent,
                                                                  .outline = kInk,
                                                                  .outline_width = 0.8});
  }
  double row = box.bottom() - table + 6;
  for (size_t i = 0; i < facts.size(); ++i, row += kRowHeight) {
    const double indent = 12;
    if (i == 0) {
      canvas.Mark({box.x + 5, row + kRowHeight / 2 - 0.6}, {.shape = Shape::kDiamond,
                                                            .radius = 3.4,
                                                            .fill = kAccent,
                                                            .outline = kInk,
                                                            .outline_width = 0.8});
    }
    DrawFact(canvas, {box.x + indent, row, box.width - indent, kRowHeight}, facts[i]);
  }
}

}  // namespace atomstream::figure
