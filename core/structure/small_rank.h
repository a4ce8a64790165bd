// The value of one rank among few: what std::nth_element gives, without its branches, which cost
// most of the time where thousands of short lists are ranked. Pure function; any thread.
#ifndef ATOMSTREAM_CORE_STRUCTURE_SMALL_RANK_H_
#define ATOMSTREAM_CORE_STRUCTURE_SMALL_RANK_H_

#include <vector>

namespace atomstream {

// The value that would be at `rank`, in [0, values.size()), if `values` were sorted. Their order
// may change. None is NaN.
float ValueAtRank(std::vector<float>& values, int rank);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_STRUCTURE_SMALL_RANK_H_
