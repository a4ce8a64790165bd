// Colours of figures, safe for colour-blind readers: what two clusters do not differ in by colour
// they differ in by shape. Pure functions.
#ifndef ATOMSTREAM_CLIENT_FIGURE_PALETTE_H_
#define ATOMSTREAM_CLIENT_FIGURE_PALETTE_H_

#include "absl/strings/string_view.h"
#include "atomstream/v1/result.pb.h"
#include "client/figure/canvas.h"

namespace atomstream::figure {

struct ClusterStyle {
  Colour colour;
  Shape shape;
};

// The same for the same id in every figure; those of ids 0 to 27 all differ.
ClusterStyle StyleOfCluster(int id);

// The chosen solution, and the atoms that it found where they are not told apart.
inline constexpr Colour kAccent = Rgb(0xd55e00);
inline constexpr Colour kOtherSolution = Rgb(0x56b4e9);
inline constexpr Colour kNoCluster = Rgb(0xa9adb3);

Colour ColourOfKind(v1::SiteKind kind);
absl::string_view NameOfKind(v1::SiteKind kind);  // "dopant", "next to a vacancy", …

// Sequential maps of [0, 1], dark to light; values outside are cut.
Colour Grey(double share);
Colour Viridis(double share);

}  // namespace atomstream::figure

#endif  // ATOMSTREAM_CLIENT_FIGURE_PALETTE_H_
