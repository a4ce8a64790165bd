// KeptModels: the cluster models of the live stream, one a detector and material, so that a cluster
// means the same from frame to frame.
//
// Owned by the StructureStage; thread-safe. Frames may be worked on at the same time and finish in
// any order. Invariants: a generation of a model is made by one frame only, and every label of a
// live frame comes from a model that was kept; a frame never replaces what a newer one made.
#ifndef ATOMSTREAM_SERVER_STRUCTURE_KEPT_MODELS_H_
#define ATOMSTREAM_SERVER_STRUCTURE_KEPT_MODELS_H_

#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "core/base/mutex.h"
#include "core/structure/cluster_model.h"
#include "server/record/detector_kind.h"

namespace atomstream {

// Whose model.
struct ModelKey {
  DetectorKind detector = DetectorKind::kLogStar;
  std::string material;

  bool operator==(const ModelKey&) const = default;
};

class KeptModels {
 public:
  // Frames name their material, so the number of models needs a bound: the one that was not used
  // for longest goes.
  static constexpr size_t kMaxModels = 8;

  explicit KeptModels(int min_frames_between_refits) : min_frames_(min_frames_between_refits) {}

  struct Loan {
    std::shared_ptr<const ClusterModel> model;  // null: there is none yet
    bool may_refit = true;  // false: the frame is older than the model, or too near to it
  };
  Loan For(const ModelKey& key, int64_t live_index);

  // Takes in the model that the frame fitted where it was lent `base`. False: another frame has
  // taken its place meanwhile, and nothing is changed.
  bool Replace(const ModelKey& key, int64_t live_index, const ClusterModel* base,
               std::shared_ptr<const ClusterModel> fitted);

 private:
  struct Kept {
    ModelKey key;
    std::shared_ptr<const ClusterModel> model;
    int64_t fitted_live_index = 0;
  };
  // Null: there is none. What is found moves to the front.
  Kept* Find(const ModelKey& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int min_frames_;
  Mutex mutex_;
  std::list<Kept> kept_ ABSL_GUARDED_BY(mutex_);  // by falling time of last use
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STRUCTURE_KEPT_MODELS_H_
