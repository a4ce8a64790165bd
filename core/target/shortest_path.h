// ShortestPath: an order in which to visit points without much travelling. Pure function; any
// thread.
#ifndef ATOMSTREAM_CORE_TARGET_SHORTEST_PATH_H_
#define ATOMSTREAM_CORE_TARGET_SHORTEST_PATH_H_

#include <vector>

#include "core/image/frame.h"

namespace atomstream {

// Indices of `points`, each once: nearest neighbour from `start`, then 2-opt (turning round a
// stretch of the path wherever that shortens it) until nothing is gained or 20 million pairs have
// been tried. The path is open: it does not return. Not the shortest of all, but never longer than
// the nearest-neighbour path. The same points give the same path.
std::vector<int> ShortestPath(const std::vector<PointPx>& points, const PointPx& start);

// From `start` through the points in that order, px.
double PathLength(const std::vector<PointPx>& points, const std::vector<int>& order,
                  const PointPx& start);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_TARGET_SHORTEST_PATH_H_
