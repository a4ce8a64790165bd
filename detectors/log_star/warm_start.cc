#include "detectors/log_star/warm_start.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "detectors/log_star/search_space.h"

namespace atomstream {
namespace {

// The point with its preprocessing's place in `to`; nullopt if `to` does not have it.
std::optional<UnitPoint> Translated(UnitPoint point, const std::vector<Preprocessing>& from,
                                    const std::vector<Preprocessing>& to) {
  const Preprocessing preprocessing =
      from[SearchSpace::VariantOf(point, static_cast<int>(from.size()))];
  const auto place = std::find(to.begin(), to.end(), preprocessing);
  if (place == to.end()) return std::nullopt;
  SearchSpace::SetVariant(static_cast<int>(place - to.begin()), static_cast<int>(to.size()), point);
  return point;
}

std::shared_ptr<const ParetoFront> TranslatedFront(const ParetoFront& front,
                                                   const std::vector<Preprocessing>& from,
                                                   const std::vector<Preprocessing>& to) {
  auto translated = std::make_shared<ParetoFront>();
  for (const Solution& solution : front.solutions()) {
    std::optional<UnitPoint> point = Translated(solution.point, from, to);
    if (point) translated->Insert({*std::move(point), solution.objectives});
  }
  if (translated->empty()) return nullptr;
  return translated;
}

}  // namespace

WarmStart AdaptWarmStart(const WarmStart* old, const SearchSetting& setting) {
  WarmStart adapted;
  adapted.setting = setting;
  if (old == nullptr || old->setting.material != setting.material ||
      old->setting.preprocessing.empty() || setting.preprocessing.empty()) {
    return adapted;
  }
  const std::vector<Preprocessing>& from = old->setting.preprocessing;
  const std::vector<Preprocessing>& to = setting.preprocessing;
  SearchSetting same_preprocessing = old->setting;
  same_preprocessing.preprocessing = to;
  const bool windows_hold = same_preprocessing == setting;
  if (from == to) {
    adapted.points = old->points;
    if (windows_hold) adapted.window_fronts = old->window_fronts;
    return adapted;
  }
  for (const UnitPoint& point : old->points) {
    std::optional<UnitPoint> translated = Translated(point, from, to);
    if (translated) adapted.points.push_back(*std::move(translated));
  }
  if (!windows_hold) return adapted;
  for (const auto& [index, front] : old->window_fronts) {
    auto translated = TranslatedFront(*front, from, to);
    if (translated != nullptr) adapted.window_fronts.emplace(index, std::move(translated));
  }
  return adapted;
}

}  // namespace atomstream
