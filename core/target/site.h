// Site: an atom with everything that targets can be chosen by, from whoever knows it (detector,
// clusters, neighbours, hole mask). Plain data.
#ifndef ATOMSTREAM_CORE_TARGET_SITE_H_
#define ATOMSTREAM_CORE_TARGET_SITE_H_

#include <optional>
#include <string>

namespace atomstream {

struct Site {
  double x_px = 0;                     // column, pixel centres at integers
  double y_px = 0;                     // row
  double position_error_px = 0;        // standard deviation along x or y; 0: unknown
  double sigma_px = 0;                 // scale of the atom
  double intensity = 0;                // of the normalised frame
  double confidence = 0;               // of the detector, [0, 1]
  std::optional<int> cluster;          // unset: the site belongs to no cluster
  double cluster_probability = 0;      // [0, 1]
  std::string kind;                    // site kind, e.g. "dopant"; empty: unknown
  std::optional<int> coordination;     // number of nearest neighbours
  std::optional<double> hole_edge_px;  // distance to the nearest hole's edge; unset: no hole
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_TARGET_SITE_H_
