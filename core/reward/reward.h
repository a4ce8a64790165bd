// Reward: one physical, label-free judgement of a set of detected atoms. A number to minimise.
//
// Stateless and const: one object serves all threads. New rewards are added to MakeReward and must
// earn their place in the accuracy benchmark.
#ifndef ATOMSTREAM_CORE_REWARD_REWARD_H_
#define ATOMSTREAM_CORE_REWARD_REWARD_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/blob/prune.h"

namespace atomstream {

// What is known about the region before looking at the atoms.
struct RewardContext {
  double expected_atoms = 0;    // N_expected of the region, > 0
  double min_neighbour_px = 0;  // closer neighbours are errors: a share of d_NN, > 0
};

class Reward {
 public:
  virtual ~Reward() = default;
  virtual double Evaluate(const std::vector<Blob>& atoms, const RewardContext& context) const = 0;
  virtual absl::string_view name() const = 0;
};

// "qc": quality count, |N_found - N_expected| / N_expected.
// "er": error, the number of atoms whose nearest neighbour is closer than min_neighbour_px, over
//       N_expected.
// InvalidArgument names the known rewards.
absl::StatusOr<std::unique_ptr<Reward>> MakeReward(absl::string_view name);

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_REWARD_REWARD_H_
