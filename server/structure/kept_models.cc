#include "server/structure/kept_models.h"

#include <algorithm>
#include <utility>

namespace atomstream {

KeptModels::Kept* KeptModels::Find(const ModelKey& key) {
  const auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [&key](const Kept& kept) { return kept.key == key; });
  if (found == kept_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found);
  return &kept_.front();
}

KeptModels::Loan KeptModels::For(const ModelKey& key, int64_t live_index) {
  MutexLock lock(&mutex_);
  const Kept* kept = Find(key);
  if (kept == nullptr) return {};
  return {kept->model, live_index >= kept->fitted_live_index + min_frames_};
}

bool KeptModels::Replace(const ModelKey& key, int64_t live_index, const ClusterModel* base,
                         std::shared_ptr<const ClusterModel> fitted) {
  MutexLock lock(&mutex_);
  Kept* kept = Find(key);
  if ((kept == nullptr ? nullptr : kept->model.get()) != base) return false;
  if (kept == nullptr) {
    kept_.push_front({key, nullptr, 0});
    kept = &kept_.front();
    if (kept_.size() > kMaxModels) kept_.pop_back();
  }
  kept->model = std::move(fitted);
  kept->fitted_live_index = live_index;
  return true;
}

}  // namespace atomstream
