// The clusters: their centroid and dispersion images, and the atoms' first two principal
// components. Draws on a canvas and keeps nothing.
#ifndef ATOMSTREAM_CLIENT_FIGURE_CLUSTER_PANELS_H_
#define ATOMSTREAM_CLIENT_FIGURE_CLUSTER_PANELS_H_

#include <string>

#include "client/figure/atom_groups.h"
#include "client/figure/canvas.h"
#include "client/figure/figure.h"

namespace atomstream::figure {

// Why there are no clusters.
std::string WhyNoClusters(const v1::DetectorResult& detector);

// "Centroids and dispersions, 0.34 nm wide".
std::string TilesTitle(const FigureInput& input);

// Without the heading.
double TilesHeight(const v1::DetectorResult& detector, double width);
void DrawTiles(Canvas& canvas, const Box& box, const v1::DetectorResult& detector);

void DrawScatter(Canvas& canvas, const Box& box, const v1::DetectorResult& detector,
                 const AtomGroups& groups);

}  // namespace atomstream::figure

#endif  // ATOMSTREAM_CLIENT_FIGURE_CLUSTER_PANELS_H_
