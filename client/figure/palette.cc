#include "client/figure/palette.h"

#include <algorithm>
#include <array>

#include "client/figure/cluster_palette.h"

namespace atomstream::figure {
namespace {

constexpr std::array<Shape, 4> kShapes = {Shape::kCircle, Shape::kSquare, Shape::kTriangle,
                                          Shape::kDiamond};

constexpr std::array<Colour, 9> kViridis = {Rgb(0x440154), Rgb(0x472d7b), Rgb(0x3b528b),
                                            Rgb(0x2c728e), Rgb(0x21918c), Rgb(0x28ae80),
                                            Rgb(0x5ec962), Rgb(0xaddc30), Rgb(0xfde725)};

double Mix(double from, double to, double share) { return from + (to - from) * share; }

}  // namespace

ClusterStyle StyleOfCluster(int id) {
  const int index = std::max(id, 0);
  const size_t round = static_cast<size_t>(index) / kClusterColours.size();
  return {Rgb(ColourOfCluster(index).rgb), kShapes[round % kShapes.size()]};
}

Colour ColourOfKind(v1::SiteKind kind) {
  switch (kind) {
    case v1::SITE_KIND_BULK:
      return Rgb(0x0072b2);
    case v1::SITE_KIND_DOPANT:
      return Rgb(0xe69f00);
    case v1::SITE_KIND_VACANCY:
      return Rgb(0xf0e442);
    case v1::SITE_KIND_VACANCY_NEIGHBOUR:
      return Rgb(0xd55e00);
    case v1::SITE_KIND_HOLE_EDGE:
      return Rgb(0x009e73);
    case v1::SITE_KIND_ODD_RING:
      return Rgb(0xcc79a7);
    default:
      return kNoCluster;
  }
}

absl::string_view NameOfKind(v1::SiteKind kind) {
  switch (kind) {
    case v1::SITE_KIND_BULK:
      return "bulk";
    case v1::SITE_KIND_DOPANT:
      return "dopant";
    case v1::SITE_KIND_VACANCY:
      return "vacancy";
    case v1::SITE_KIND_VACANCY_NEIGHBOUR:
      return "next to a vacancy";
    case v1::SITE_KIND_HOLE_EDGE:
      return "at a hole's edge";
    case v1::SITE_KIND_ODD_RING:
      return "on an odd ring";
    default:
      return "unknown";
  }
}

Colour Grey(double share) {
  const double level = std::clamp(share, 0.0, 1.0);
  return {level, level, level};
}

Colour Viridis(double share) {
  const double place = std::clamp(share, 0.0, 1.0) * (kViridis.size() - 1);
  const auto low = std::min(static_cast<size_t>(place), kViridis.size() - 2);
  const double rest = place - static_cast<double>(low);
  const Colour& from = kViridis[low];
  const Colour& to = kViridis[low + 1];
  return {Mix(from.red, to.red, rest), Mix(from.green, to.green, rest),
          Mix(from.blue, to.blue, rest)};
}

}  // namespace atomstream::figure
