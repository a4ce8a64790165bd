// ModelReloader: puts a new U-Net model in the place of the present one while frames go on being
// served, in two steps, so that whoever reloads can still change their mind: Prepare, then Install
// or Refuse.
//
// Owned by the daemon. status() may be called by any thread; the rest by the one that reloads,
// which should stand back for those that compute.
#ifndef ATOMSTREAM_SERVER_INFERENCE_MODEL_RELOADER_H_
#define ATOMSTREAM_SERVER_INFERENCE_MODEL_RELOADER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "server/inference/unet_model.h"
#include "server/log/event_log.h"
#include "server/metrics/daemon_metrics.h"

namespace atomstream {

struct ModelStatus {
  ModelInfo model;  // the one that serves
  absl::Time load_time;
  int64_t reloads = 0;  // successful ones
  int64_t refused = 0;
  std::string last_refusal;  // empty: the last request was not refused
  bool loading = false;
};

// All outlive the reloader.
struct ModelReloaderDependencies {
  ModelHolder* holder = nullptr;
  const Clock* clock = nullptr;  // for stamps
  DaemonMetrics* metrics = nullptr;
  EventLog* log = nullptr;
};

class ModelReloader {
 public:
  explicit ModelReloader(ModelReloaderDependencies dependencies);

  // Takes as long as loading a model. INTERNAL: `loader` threw.
  absl::StatusOr<UnetModel> Prepare(const ModelLoader& loader);

  // It serves from the next frame on.
  void Install(UnetModel model);

  // The present model goes on serving; the reason is logged, counted and in status().
  void Refuse(const absl::Status& why);

  // Likewise, but nothing was wrong with the model, if there was one: no word of it.
  void GiveUp();

  ModelStatus status() const;

 private:
  const ModelReloaderDependencies deps_;

  mutable Mutex mutex_;
  ModelStatus status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_INFERENCE_MODEL_RELOADER_H_
