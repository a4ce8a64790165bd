// ModelReloader: puts a new U-Net model in the place of the present one while frames go on being
// served, on a thread of its own.
//
// Thread-safe, except that Start, Shutdown and the destructor belong to the owner (the daemon). A
// request that comes while a model is being loaded waits; a newer one replaces it.
#ifndef ATOMSTREAM_SERVER_INFERENCE_MODEL_RELOADER_H_
#define ATOMSTREAM_SERVER_INFERENCE_MODEL_RELOADER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
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
  // Called by the loading thread before anything else; may be empty.
  std::function<void()> lower_priority;
};

class ModelReloader {
 public:
  explicit ModelReloader(ModelReloaderDependencies dependencies);
  ~ModelReloader();  // waits for a model that is being loaded

  void Start();

  // Never waits. If `loader` fails or throws, the present model goes on serving and the reason is
  // logged, counted and in status().
  void Reload(ModelLoader loader);

  // A reload that failed before there was anything to load, for example for a bad configuration.
  void Refuse(const absl::Status& why);

  ModelStatus status() const;

  // Drops a request that waits. True: the thread is joined. False: a model is still being loaded.
  bool Shutdown(absl::Time deadline);

 private:
  void Run();  // the loading thread's life
  void Load(const ModelLoader& loader);
  void Stop();

  const ModelReloaderDependencies deps_;
  std::thread thread_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::optional<ModelLoader> waiting_ ABSL_GUARDED_BY(mutex_);
  ModelStatus status_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_INFERENCE_MODEL_RELOADER_H_
