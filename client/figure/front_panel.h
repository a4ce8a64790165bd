// The Pareto front with the chosen solution and its parameters. Draws on a canvas and keeps
// nothing.
#ifndef ATOMSTREAM_CLIENT_FIGURE_FRONT_PANEL_H_
#define ATOMSTREAM_CLIENT_FIGURE_FRONT_PANEL_H_

#include <vector>

#include "client/figure/canvas.h"
#include "client/figure/figure.h"
#include "client/figure/panel.h"

namespace atomstream::figure {

// The chosen solution, line by line; empty: none was chosen.
std::vector<Fact> ChosenFacts(const v1::ParetoFront& front);

// Without the heading.
double FrontHeight(const v1::DetectorResult& detector);
void DrawFront(Canvas& canvas, const Box& box, const FigureInput& input);

}  // namespace atomstream::figure

#endif  // ATOMSTREAM_CLIENT_FIGURE_FRONT_PANEL_H_
