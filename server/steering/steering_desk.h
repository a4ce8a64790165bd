// SteeringDesk: takes an operator's wishes and makes them count: validates a request as a whole,
// makes the detector that it asks for, puts it in the place of the present one, and tells
// everybody: subscribers, the audit log, and the pipeline, which decides the newest live frame
// anew.
//
// Owned by the daemon; thread-safe. Changes are made one after another. Invariants: a refused
// request changes nothing; versions are 1, 2, 3, … without holes; subscribers hear of a version
// before any result is made under it.
#ifndef ATOMSTREAM_SERVER_STEERING_STEERING_DESK_H_
#define ATOMSTREAM_SERVER_STEERING_STEERING_DESK_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "server/audit/audit_log.h"
#include "server/metrics/daemon_metrics.h"
#include "server/record/frame_record.h"
#include "server/record/settings_record.h"
#include "server/steering/active_settings.h"
#include "server/steering/log_star_fields.h"

namespace atomstream {

// Who asks, and what it has seen.
struct SteeringCall {
  std::string name;              // as the caller calls itself; empty: unnamed
  std::string authenticated;     // as it proved to be; empty: it did not
  std::string address;           // where it calls from
  std::string request_id;        // of the call; empty: no call, a signal
  int64_t expected_version = 0;  // 0: whatever counts now
};

struct SelectionRequest {
  SolutionChoice selection;
  std::optional<ResultPosition> position;  // of an index: the result whose front it is meant for
};

struct SettingsRequest {
  LogStarOptions log_star;          // new values
  std::vector<std::string> fields;  // of which these are meant
  bool validate_only = false;
};

// What the configuration file says anew.
struct ReloadedSettings {
  LogStarOptions log_star;          // the whole block
  std::vector<std::string> fields;  // of it that changed, by their names in the file
};

struct SettingsOutcome {
  SettingsRecord settings;  // what counts afterwards; only checked: what would count
  bool changed = false;
};

// All outlive the desk.
struct SteeringDeskDependencies {
  SettingsHolder* settings = nullptr;
  LogStarFactory make_log_star;
  // The front that LoG* found for a stored result. NotFound, DataLoss: as ResultStore::Get;
  // InvalidArgument: it is no result of LoG*, or LoG* failed.
  std::function<absl::StatusOr<std::vector<FrontPoint>>(const ResultPosition&)> front_of;
  AuditLog* audit = nullptr;
  DaemonMetrics* metrics = nullptr;
  const Clock* clock = nullptr;  // for stamps
  // Subscribers hear of the change. Must not call back.
  std::function<void(const SettingsChangePtr&)> publish;
  // The newest live frame is to be decided anew. Must not wait.
  std::function<void()> reevaluate;
};

class SteeringDesk {
 public:
  static constexpr int kMaxNameCharacters = 64;
  static constexpr int kKeptChanges = 1000;

  explicit SteeringDesk(SteeringDeskDependencies dependencies) : deps_(std::move(dependencies)) {}

  // A request that changes nothing leaves the version, and is
  // told nobody; an index is always a change, because it is meant for one front.
  //
  // Errors: InvalidArgument names the field and its value; OutOfRange: the front of `position` has
  // no such index; NotFound: the result of `position`; Aborted: expected_version.
  absl::StatusOr<SettingsOutcome> Select(const SelectionRequest& request, const SteeringCall& call);
  // Errors: InvalidArgument likewise; NotFound: the material; Aborted: expected_version.
  absl::StatusOr<SettingsOutcome> Update(const SettingsRequest& request, const SteeringCall& call);

  // Takes over what changed in the file, all of it as one change; what operators changed otherwise
  // stays. The preference is the selection. Errors: as Update, naming fields of the file.
  absl::StatusOr<SettingsOutcome> Reload(const ReloadedSettings& reloaded, const SteeringCall& call,
                                         bool validate_only);

  // Writes down who has a frame searched again: its result takes the place of an earlier one.
  void RecordReprocess(absl::string_view frame_id, const SteeringCall& call);

  SettingsRecord settings() const;

  // The newest ones, oldest first. InvalidArgument: max_count is negative; 0: 50.
  absl::StatusOr<std::vector<SettingsChangePtr>> Changes(int max_count) const;

 private:
  absl::Status CheckCall(const SteeringCall& call) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The front that an index of `request` is meant for.
  absl::StatusOr<std::vector<FrontPoint>> FrontOf(const SelectionRequest& request) const;
  // What changed, for subscribers and for a person; `version` is the one that it makes.
  static void Describe(const std::vector<FieldChange>& changes, int64_t version,
                       std::vector<std::string>& fields, std::vector<std::string>& texts,
                       ActiveSettings& next);
  // Makes `next` count. `fields` and `text`: what changed.
  SettingsOutcome Apply(std::shared_ptr<ActiveSettings> next, std::vector<std::string> fields,
                        const std::string& text, absl::string_view action, const SteeringCall& call)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const SteeringDeskDependencies deps_;

  mutable Mutex mutex_;  // held while a change is made
  std::deque<SettingsChangePtr> changes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STEERING_STEERING_DESK_H_
