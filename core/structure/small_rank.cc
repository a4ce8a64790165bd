#include "core/structure/small_rank.h"

#include <algorithm>
#include <limits>

#include "core/base/lanes.h"

namespace atomstream {
namespace {

typedef int LaneCounts __attribute__((vector_size(kLanes * sizeof(int))));
constexpr int kMost = 2 * kLanes;

// `values` are kMost, of which the first `count` are ranked.
ATOMSTREAM_VECTORISED
float RankFew(const float* values, int count, int rank) {
  Lanes first, second;
  Load(values, first);
  Load(values + kLanes, second);
  // Of each value, how many are below it, and how many not above. Comparisons give -1 or 0.
  LaneCounts below1{}, below2{}, upto1{}, upto2{};
  for (int i = 0; i < count; ++i) {
    const Lanes other = values[i] - Lanes{};
    below1 -= other < first;
    below2 -= other < second;
    upto1 -= other <= first;
    upto2 -= other <= second;
  }
  for (int i = 0; i < kLanes; ++i) {
    if (below1[i] <= rank && rank < upto1[i]) return first[i];
    if (below2[i] <= rank && rank < upto2[i]) return second[i];
  }
  return std::numeric_limits<float>::quiet_NaN();  // only if a value is
}

}  // namespace

float ValueAtRank(std::vector<float>& values, int rank) {
  const int count = static_cast<int>(values.size());
  if (count > kMost) {
    std::nth_element(values.begin(), values.begin() + rank, values.end());
    return values[rank];
  }
  float padded[kMost];
  std::fill(std::copy(values.begin(), values.end(), padded), padded + kMost,
            std::numeric_limits<float>::infinity());
  return RankFew(padded, count, rank);
}

}  // namespace atomstream
