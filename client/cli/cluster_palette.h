// The colour of a cluster, the same in every view: by its id, which stays from frame to frame.
// Plain data.
#ifndef ATOMSTREAM_CLIENT_CLI_CLUSTER_PALETTE_H_
#define ATOMSTREAM_CLIENT_CLI_CLUSTER_PALETTE_H_

#include <array>
#include <cstdint>

namespace atomstream {

struct ClusterColour {
  const char* name;
  uint8_t red, green, blue;
  int terminal;  // the nearest of the 256 colours of terminals
};

// Told apart also side by side on a grey picture; grey itself is for atoms without a cluster.
inline constexpr std::array<ClusterColour, 8> kClusterColours = {{
    {"blue", 31, 119, 220, 33},
    {"orange", 255, 135, 0, 208},
    {"green", 44, 170, 60, 34},
    {"red", 224, 44, 44, 160},
    {"violet", 150, 90, 210, 98},
    {"cyan", 0, 190, 210, 44},
    {"pink", 240, 110, 190, 205},
    {"yellow", 220, 200, 40, 184},
}};

// Of a cluster's id >= 0.
constexpr const ClusterColour& ColourOfCluster(int id) {
  return kClusterColours[static_cast<size_t>(id) % kClusterColours.size()];
}

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_CLUSTER_PALETTE_H_
