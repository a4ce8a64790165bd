#include "core/reward/reward.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/structure/point_grid.h"

namespace atomstream {
namespace {

class QualityCount final : public Reward {
 public:
  double Evaluate(const std::vector<Blob>& atoms, const RewardContext& context) const override {
    return std::abs(static_cast<double>(atoms.size()) - context.expected_atoms) /
           context.expected_atoms;
  }
  absl::string_view name() const override { return "qc"; }
};

class ErrorRate final : public Reward {
 public:
  double Evaluate(const std::vector<Blob>& atoms, const RewardContext& context) const override {
    float left = 0, right = 1, top = 0, bottom = 1;
    if (!atoms.empty()) {
      left = right = atoms[0].x_px;
      top = bottom = atoms[0].y_px;
    }
    for (const Blob& atom : atoms) {
      left = std::min(left, atom.x_px);
      right = std::max(right, atom.x_px);
      top = std::min(top, atom.y_px);
      bottom = std::max(bottom, atom.y_px);
    }
    // Cells of at least 2 px bound the grid's memory by the frame's.
    PointGrid grid(right - left + 1, bottom - top + 1, std::max(2.0, context.min_neighbour_px));
    for (const Blob& atom : atoms) grid.Add(atom.x_px - left, atom.y_px - top);
    const float limit = static_cast<float>(context.min_neighbour_px * context.min_neighbour_px);
    int crowded = 0;
    for (int i = 0; i < static_cast<int>(atoms.size()); ++i) {
      bool has_close = false;
      grid.ForEachWithin(atoms[i].x_px - left, atoms[i].y_px - top, context.min_neighbour_px,
                         [&](int j, float distance_squared) {
                           has_close = j != i && distance_squared < limit;
                           return !has_close;
                         });
      crowded += has_close;
    }
    return crowded / context.expected_atoms;
  }
  absl::string_view name() const override { return "er"; }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Reward>> MakeReward(absl::string_view name) {
  if (name == "qc") return std::make_unique<QualityCount>();
  if (name == "er") return std::make_unique<ErrorRate>();
  return absl::InvalidArgumentError(
      absl::StrCat("reward = \"", name, "\": must be \"qc\" or \"er\""));
}

}  // namespace atomstream
