// The colour of a cluster, the same in every view, terminal or figure: by its id, which stays from
// frame to frame. Plain data.
#ifndef ATOMSTREAM_CLIENT_FIGURE_CLUSTER_PALETTE_H_
#define ATOMSTREAM_CLIENT_FIGURE_CLUSTER_PALETTE_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace atomstream {

struct ClusterColour {
  const char* name;
  uint32_t rgb;  // 0xRRGGBB
  int terminal;  // the nearest of the 256 colours of terminals
};

// After Okabe and Ito: told apart by colour-blind readers too, and on a grey picture. Grey itself
// is for atoms without a cluster.
inline constexpr std::array<ClusterColour, 7> kClusterColours = {{
    {"blue", 0x0072b2, 33},
    {"orange", 0xe69f00, 208},
    {"green", 0x009e73, 34},
    {"red", 0xd55e00, 160},
    {"cyan", 0x56b4e9, 44},
    {"pink", 0xcc79a7, 205},
    {"yellow", 0xf0e442, 184},
}};

// Of a cluster's id >= 0.
constexpr const ClusterColour& ColourOfCluster(int id) {
  return kClusterColours[static_cast<size_t>(id) % kClusterColours.size()];
}

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_FIGURE_CLUSTER_PALETTE_H_
