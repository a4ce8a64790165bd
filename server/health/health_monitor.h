// HealthMonitor: says of each component of the daemon whether it does its work: source, pipeline,
// detector, store, listener. Knows nothing of gRPC: whoever shows health is told by `on_check`.
//
// Owned by the daemon. Thread-safe, except that Start, Shutdown and the destructor belong to the
// owner. Check and last may be called at any time; after Start a thread does so every kInterval.
// Invariant: checks run one after another, so that whoever is told last was told the newest.
#ifndef ATOMSTREAM_SERVER_HEALTH_HEALTH_MONITOR_H_
#define ATOMSTREAM_SERVER_HEALTH_HEALTH_MONITOR_H_

#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/interruptible_wait.h"
#include "core/base/mutex.h"
#include "server/health/health_options.h"
#include "server/health/pipeline_progress.h"
#include "server/record/source_status.h"

namespace atomstream {

inline constexpr absl::string_view kSourceComponent = "source";
inline constexpr absl::string_view kPipelineComponent = "pipeline";
inline constexpr absl::string_view kDetectorComponent = "detector";
inline constexpr absl::string_view kStoreComponent = "store";
inline constexpr absl::string_view kListenerComponent = "listener";

struct ComponentHealth {
  std::string name;  // one of those above
  bool serving = true;
  std::string detail;  // why not, or what it does, for a person

  bool operator==(const ComponentHealth&) const = default;
};

struct HealthReport {
  std::vector<ComponentHealth> components;  // in the order above
  // Whether new work should come here: the daemon gets on, and is not ending. The other components
  // do without: frames can be submitted without a source, and live results be had without a record.
  bool ready = true;

  // The pipeline or the listener that does not do its work, which only a new start mends; null:
  // both do.
  const ComponentHealth* stuck() const;

  // Null: there is none of that name.
  const ComponentHealth* Find(absl::string_view name) const;
};

// What the store says of itself.
struct StoreHealth {
  bool recording = true;
  std::string detail;
};

// Each is called by whoever checks, without a lock of theirs being held; none waits.
struct HealthInputs {
  std::function<SourceStatus()> source;
  const PipelineProgress* pipeline = nullptr;
  const PipelineProgress* unet = nullptr;  // null: there is no U-Net
  std::function<std::string()> broken;     // which detectors fail on every frame; empty: none
  std::function<StoreHealth()> store;
  // For how long nobody was let in, see ListenerProbe; empty: not known. By one thread at a time.
  std::function<absl::Duration()> shut_out;
  // After shut_out: why that is not known; empty: it is.
  std::function<std::string()> not_tried;
};

struct HealthDependencies {
  HealthInputs inputs;
  const Clock* steady_clock = nullptr;
  InterruptibleWait* wait = nullptr;  // the thread's; Shutdown interrupts it
  // Told of every check. Must not call back, and not wait.
  std::function<void(const HealthReport&)> on_check;
};

class HealthMonitor {
 public:
  static constexpr absl::Duration kInterval = absl::Seconds(1);

  HealthMonitor(const HealthOptions& options, HealthDependencies dependencies);
  ~HealthMonitor();  // shuts down

  // Checks at once, then every kInterval.
  void Start();
  void Shutdown();

  HealthReport Check();
  // Of the last check; for callers that must not wait. Nothing is in it before Start.
  HealthReport last() const;

  // The daemon is ending: not ready from now on, and told so before this returns.
  void Drain();

  void SetOptions(const HealthOptions& options);

 private:
  ComponentHealth Source() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  ComponentHealth Pipeline() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  ComponentHealth Detector() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  ComponentHealth Store() const;
  ComponentHealth Listener() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  HealthReport CheckLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const HealthDependencies deps_;
  std::thread thread_;

  Mutex mutex_;
  HealthOptions options_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Time> source_away_since_ ABSL_GUARDED_BY(mutex_);

  mutable Mutex last_mutex_;  // taken inside of mutex_, and held for a moment only
  HealthReport last_ ABSL_GUARDED_BY(last_mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_HEALTH_HEALTH_MONITOR_H_
