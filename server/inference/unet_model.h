// UnetModel: a loaded network and the detector that uses it; ModelHolder: the one that serves now.
#ifndef ATOMSTREAM_SERVER_INFERENCE_UNET_MODEL_H_
#define ATOMSTREAM_SERVER_INFERENCE_UNET_MODEL_H_

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "core/base/mutex.h"
#include "detectors/unet/segmenter.h"
#include "detectors/unet/unet_detector.h"

namespace atomstream {

// Both are set, and changed together: a new model may come with a threshold of its own.
struct UnetModel {
  std::shared_ptr<const Segmenter> segmenter;
  std::shared_ptr<const UnetDetector> detector;
};

// Reads a model from wherever it is kept and checks it; takes seconds.
using ModelLoader = std::function<absl::StatusOr<UnetModel>()>;

// The present model. A frame keeps the one that it began with; a model that was replaced is freed
// with its last frame. Thread-safe.
class ModelHolder {
 public:
  explicit ModelHolder(UnetModel model) : model_(std::move(model)) {}

  UnetModel Get() const {
    MutexLock lock(&mutex_);
    return model_;
  }

  // Returns the one before, to be let go without the lock.
  UnetModel Set(UnetModel model) {
    MutexLock lock(&mutex_);
    return std::exchange(model_, std::move(model));
  }

 private:
  mutable Mutex mutex_;
  UnetModel model_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_INFERENCE_UNET_MODEL_H_
