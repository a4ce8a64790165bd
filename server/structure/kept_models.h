// KeptModels: the cluster models of the live stream, one a detector and material, so that a cluster
// means the same from frame to frame.
//
// Owned by the StructureStage; thread-safe. Frames may be worked on at the same time and finish in
// any order. Invariants: of each model one frame at a time may make the next; so a generation is
// made by one frame only, and every label of a live frame comes from a model that was kept. When
// the options change the next frame that borrows makes a model of the new ones, even an older frame
// than the one that made the last; otherwise no frame replaces what a newer one made. The frames
// between fits count from the newest frame that made a model.
#ifndef ATOMSTREAM_SERVER_STRUCTURE_KEPT_MODELS_H_
#define ATOMSTREAM_SERVER_STRUCTURE_KEPT_MODELS_H_

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>

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

using ClusterModelPtr = std::shared_ptr<const ClusterModel>;

class KeptModels {
 public:
  // Frames name their material, so the number of models needs a bound: the one that was not used
  // for longest goes.
  static constexpr size_t kMaxModels = 8;

  // Lends a model to one frame until the end of its scope.
  class Loan {
   public:
    Loan(Loan&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)),
          key_(std::move(other.key_)),
          live_index_(other.live_index_),
          model_(std::move(other.model_)),
          options_(other.options_),
          may_fit_(other.may_fit_) {}
    ~Loan();

    const ClusterModelPtr& model() const { return model_; }  // null: there is none yet
    // What the frame is clustered with. May differ from those of the model; it may fit then.
    const ClusterOptions& options() const { return options_; }
    // False: there is a model of these options, and the frame is older than it or too near to it;
    // or another frame may at present.
    bool may_fit() const { return may_fit_; }
    // Takes in the model that this frame fitted; only if may_fit().
    void Keep(ClusterModelPtr fitted);

   private:
    friend class KeptModels;
    Loan(KeptModels* owner, ModelKey key, int64_t live_index, ClusterModelPtr model,
         const ClusterOptions& options, bool may_fit)
        : owner_(owner),
          key_(std::move(key)),
          live_index_(live_index),
          model_(std::move(model)),
          options_(options),
          may_fit_(may_fit) {}

    KeptModels* owner_;  // null: moved from
    ModelKey key_;
    int64_t live_index_;
    ClusterModelPtr model_;
    ClusterOptions options_;
    bool may_fit_;
  };

  KeptModels(const ClusterOptions& options, int min_frames_between_fits)
      : options_(options), min_frames_(min_frames_between_fits) {}

  // For the frames that borrow from now on. Any thread.
  void SetOptions(const ClusterOptions& options, int min_frames_between_fits);

  // Waits while there is no model of these options yet and another frame is making it. The models
  // outlive the loan.
  Loan Borrow(const ModelKey& key, int64_t live_index);

 private:
  struct Kept {
    ModelKey key;
    ClusterModelPtr model;  // null: the first is being made, or no frame sufficed for it
    int64_t fitted_live_index = 0;
    bool lent_to_fit = false;  // stays as long
  };
  bool IsUsable(const Kept& kept) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return kept.model != nullptr && kept.model->options == options_;
  }
  // Makes an entry if there is none; moves it to the front.
  Kept& Find(const ModelKey& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  CondVar changed_;
  ClusterOptions options_ ABSL_GUARDED_BY(mutex_);
  int min_frames_ ABSL_GUARDED_BY(mutex_);
  std::list<Kept> kept_ ABSL_GUARDED_BY(mutex_);  // by falling time of last use
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STRUCTURE_KEPT_MODELS_H_
