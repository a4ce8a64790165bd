#include "server/structure/kept_models.h"

#include <algorithm>
#include <cassert>

namespace atomstream {

KeptModels::Kept& KeptModels::Find(const ModelKey& key) {
  const auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [&key](const Kept& kept) { return kept.key == key; });
  if (found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
  } else {
    kept_.push_front({key, nullptr, 0, false});
    Forget();
  }
  return kept_.front();
}

void KeptModels::Forget() {
  // What is lent comes back, so it stays; there are only as many as threads.
  for (auto last = kept_.end(); kept_.size() > kMaxModels && --last != kept_.begin();) {
    if (!last->lent_to_fit) last = kept_.erase(last);
  }
}

void KeptModels::SetOptions(const ClusterOptions& options, int min_frames_between_fits) {
  MutexLock lock(&mutex_);
  options_ = options;
  min_frames_ = min_frames_between_fits;
}

KeptModels::Loan KeptModels::Borrow(const ModelKey& key, int64_t live_index) {
  MutexLock lock(&mutex_);
  Kept* kept = &Find(key);
  while (!IsUsable(*kept) && kept->lent_to_fit) {
    changed_.Wait(&mutex_);
    kept = &Find(key);  // it may have been forgotten
  }
  const bool may_fit = !IsUsable(*kept) ||
                       (!kept->lent_to_fit && live_index >= kept->fitted_live_index + min_frames_);
  if (may_fit) kept->lent_to_fit = true;
  return Loan(this, key, live_index, kept->model, options_, may_fit);
}

void KeptModels::Loan::Keep(ClusterModelPtr fitted) {
  assert(may_fit_);
  MutexLock lock(&owner_->mutex_);
  Kept& kept = owner_->Find(key_);
  kept.model = std::move(fitted);
  // A frame that was overtaken may fit when the options change.
  kept.fitted_live_index = std::max(kept.fitted_live_index, live_index_);
}

KeptModels::Loan::~Loan() {
  if (owner_ == nullptr || !may_fit_) return;
  MutexLock lock(&owner_->mutex_);
  owner_->Find(key_).lent_to_fit = false;
  owner_->changed_.NotifyAll();
}

}  // namespace atomstream
