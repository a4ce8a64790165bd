// ConfigReloader: reads the configuration file of a running daemon anew and makes what changed in
// it count: all of it together, or nothing.
//
// What is compared is the file with what the file said before, not with what counts now: a setting
// that an operator changed stays until the file says something new about it. What cannot change
// while the daemon runs is named and left as it is; every further reload names it again.
//
// In two steps. Everything that can fail is prepared first (the file, the files it names, the
// model, which takes seconds, the detector); the last that can fail is the desk's change of
// settings, and what follows cannot. Once Close has returned nothing more changes, so that a daemon
// that ends need not wait for a model to be read.
//
// Owned by the daemon. Thread-safe, except that Start, Shutdown and the destructor belong to the
// owner. Reloads run one after another on a thread of their own; kMaxWaiting may wait.
#ifndef ATOMSTREAM_SERVER_RELOAD_CONFIG_RELOADER_H_
#define ATOMSTREAM_SERVER_RELOAD_CONFIG_RELOADER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "atomstream/config/v1/daemon_config.pb.h"
#include "core/base/clock.h"
#include "core/base/job_thread.h"
#include "core/base/mutex.h"
#include "server/audit/audit_log.h"
#include "server/config/daemon_options.h"
#include "server/inference/model_reloader.h"
#include "server/log/event_log.h"
#include "server/metrics/operations_metrics.h"
#include "server/security/security_options.h"
#include "server/steering/steering_desk.h"

namespace atomstream {

// Changes whenever the manifest in the model's folder is written anew. The manifest has a checksum
// of every other file, so that no other model can come without one. Empty: there is no model.
std::string StampOfModel(const std::optional<UnetServiceOptions>& unet);

// The file that a daemon was started with.
struct ConfigSource {
  std::string path;  // empty: there is none
  config::v1::DaemonConfig config;
  // StampOfModel, taken before the model was read: what is written meanwhile is a change.
  std::string model_stamp = {};
};

struct ReloadRequest {
  SteeringCall call;  // who asks
  bool validate_only = false;
};

struct ReloadOutcome {
  std::vector<std::string> applied;        // fields that changed in the file, and count now
  std::vector<std::string> needs_restart;  // fields that differ from what the daemon runs with
  int64_t settings_version = 0;
  std::string model_id;  // empty: no U-Net
  absl::Time time;
};

// All outlive the reloader.
struct ConfigReloaderDependencies {
  ConfigSource source;
  SteeringDesk* desk = nullptr;
  ModelReloader* models = nullptr;  // null: the daemon runs without a U-Net
  std::function<absl::StatusOr<UnetModel>(const UnetServiceOptions&)> load_model;
  // Whoever asks and whatever comes of it, but not of validate_only: for files that are watched
  // besides. By the asking thread; never waits. May be empty.
  std::function<void()> on_reload;
  // The second argument: validate_only, for which nothing is counted.
  std::function<absl::StatusOr<Credentials>(const SecurityOptions&, bool)> read_credentials;
  // Of files that the options name, and that nothing else here reads.
  std::function<absl::Status(const DaemonOptions&)> check_files;
  // Makes the rest count. Cannot fail.
  std::function<void(const DaemonOptions&, Credentials)> apply;
  AuditLog* audit = nullptr;
  EventLog* log = nullptr;
  const Clock* clock = nullptr;  // for stamps
  OperationsMetrics* metrics = nullptr;
  // Called by the reloading thread before anything else: lets it stand back. May be empty.
  std::function<void()> lower_priority;
};

class ConfigReloader {
 public:
  static constexpr size_t kMaxWaiting = 16;

  // Errors: InvalidArgument: the file, or one that it names; FaultOf (server/config) has the place.
  // FailedPrecondition: what changed cannot count without something that needs a restart.
  // Unavailable: shutting down. Called by the reloading thread, or by Shutdown.
  using Done = std::function<void(const absl::StatusOr<ReloadOutcome>&)>;

  explicit ConfigReloader(ConfigReloaderDependencies dependencies);
  ~ConfigReloader();  // waits for a reload that has begun

  void Start() { thread_.Start(deps_.lower_priority); }

  // Never waits. `done` may be empty; it is called once if this is OK. FailedPrecondition: there is
  // no file. ResourceExhausted: kMaxWaiting wait. Unavailable: shutting down.
  absl::Status Reload(ReloadRequest request, Done done);

  // Nothing changes any more: what waits, and what runs and has not come so far, ends Unavailable.
  // Waits for changes that are being made, which takes milliseconds.
  void Close();

  // Closes. True: the thread is joined. False: a reload still runs.
  bool Shutdown(absl::Time deadline);

 private:
  struct Waiting {
    ReloadRequest request;
    Done done;
  };
  // What a reload would do.
  struct Plan;

  absl::StatusOr<ReloadOutcome> ReloadNow(const ReloadRequest& request);
  absl::StatusOr<Plan> MakePlan() const;
  // Everything that can fail.
  absl::Status Carry(const ReloadRequest& request, Plan plan, ReloadOutcome& outcome);
  // The change of settings first, and what cannot fail.
  absl::Status Apply(const ReloadRequest& request, Plan plan, Credentials credentials,
                     std::optional<UnetModel> model, const std::string& stamp);
  absl::StatusOr<std::optional<UnetModel>> PrepareModel(const Plan& plan, const std::string& stamp,
                                                        bool validate_only);
  bool IsClosed();
  void Refuse(const absl::Status& why, const ReloadRequest& request);
  void Tell(const ReloadRequest& request, const ReloadOutcome& outcome);

  const ConfigReloaderDependencies deps_;
  // Of the reloading thread:
  config::v1::DaemonConfig running_;  // as it counts: the file at the start, and what was applied
  std::string model_stamp_;           // of the manifest of the model that serves

  Mutex apply_mutex_;  // held while changes are made
  bool closed_ ABSL_GUARDED_BY(apply_mutex_) = false;

  JobThread<Waiting> thread_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_RELOAD_CONFIG_RELOADER_H_
