// Assignment of least cost (the Hungarian method): which new cluster is which old one. Pure; any
// thread.
#ifndef ATOMSTREAM_CORE_STRUCTURE_CLUSTER_MATCHING_H_
#define ATOMSTREAM_CORE_STRUCTURE_CLUSTER_MATCHING_H_

#include <vector>

#include "Eigen/Core"

namespace atomstream {

// For each row the column it is paired with, each column once at most, such that the sum of the
// costs is least; -1 for rows left over where there are more rows than columns. Costs are finite.
// Cubic in the larger side.
std::vector<int> AssignLeastCost(const Eigen::MatrixXd& cost);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_CLUSTER_MATCHING_H_
