// The frame with its atoms, and what explains it: legend, facts. Draws on a canvas and keeps
// nothing.
#ifndef ATOMSTREAM_CLIENT_FIGURE_FRAME_PANEL_H_
#define ATOMSTREAM_CLIENT_FIGURE_FRAME_PANEL_H_

#include <vector>

#include "client/figure/atom_groups.h"
#include "client/figure/canvas.h"
#include "client/figure/figure.h"
#include "client/figure/grey_frame.h"
#include "client/figure/panel.h"

namespace atomstream::figure {

// From the frame's pixels to the page; pixel centres at integers.
struct FrameMap {
  Box box;  // the frame on the page
  double points_per_px = 1;

  Point At(double x_px, double y_px) const {
    return {box.x + (x_px + 0.5) * points_per_px, box.y + (y_px + 0.5) * points_per_px};
  }
};

// The largest box of the frame's shape at `corner` within width and height.
FrameMap FitFrame(int width_px, int height_px, Point corner, double max_width, double max_height);

// Nanometres a pixel; 0: unknown.
double PixelSizeOf(const FigureInput& input);

void DrawAtoms(Canvas& canvas, const FrameMap& map, const GreyFrame& frame,
               const FigureInput& input, const AtomGroups& groups);

// What the legend's facts say of the frame as a whole.
std::vector<Fact> FactsOf(const FigureInput& input);

double FactsHeight(const FigureInput& input);
void DrawFacts(Canvas& canvas, const Box& box, const FigureInput& input);

// Groups with atoms and mean intensity, marks, facts, one below the other.
double LegendHeight(const FigureInput& input, const AtomGroups& groups);
void DrawLegend(Canvas& canvas, const Box& box, const FigureInput& input, const AtomGroups& groups);

}  // namespace atomstream::figure

#endif  // ATOMSTREAM_CLIENT_FIGURE_FRAME_PANEL_H_
