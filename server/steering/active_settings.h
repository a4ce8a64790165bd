// ActiveSettings: the settings that count, with the detector that was made of them;
// SettingsHolder: those that count now.
//
// An ActiveSettings is immutable. A frame takes the present ones when it begins and keeps them; a
// detector that was replaced is freed with its last frame. The holder is thread-safe; only the
// SteeringDesk sets it.
#ifndef ATOMSTREAM_SERVER_STEERING_ACTIVE_SETTINGS_H_
#define ATOMSTREAM_SERVER_STEERING_ACTIVE_SETTINGS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/mutex.h"
#include "detectors/log_star/log_star.h"
#include "server/record/settings_record.h"

namespace atomstream {

// LogStar::Create, or a fake.
using LogStarFactory =
    std::function<absl::StatusOr<std::unique_ptr<LogStar>>(const LogStarOptions&)>;

struct ActiveSettings {
  SettingsRecord record;
  SolutionChoice choice;  // for all fronts but index_front
  // Of a selection by index: the front that the index is meant for; else null.
  std::shared_ptr<const std::vector<FrontPoint>> index_front;
  // Version of the last change that needs a new search: of anything but selection and window mode.
  int64_t search_version = 1;
  std::shared_ptr<const LogStar> log_star;
  std::shared_ptr<const LogStar> quick;  // the same with little time, for an operator who waits

  int64_t version() const { return record.version; }
  SolutionChoice ChoiceFor(const std::vector<FrontPoint>& front) const;
};

using SettingsPtr = std::shared_ptr<const ActiveSettings>;

// Whether a front that was found under `a` is what `b` would search for.
inline bool SameSearch(const ActiveSettings& a, const ActiveSettings& b) {
  return a.search_version == b.search_version;
}

// Time that `quick` has for its search.
inline constexpr absl::Duration kQuickBudget = absl::Milliseconds(20);

// What the options say is chosen of the fronts.
SolutionChoice FirstChoice(const LogStarOptions& options);

// The settings at the start, version 1. Errors: the factory's.
absl::StatusOr<SettingsPtr> FirstSettings(const LogStarOptions& options,
                                          const LogStarFactory& factory, absl::Time now);

// Makes the detectors of settings.record.log_star. Errors: the factory's.
absl::Status MakeDetectors(const LogStarFactory& factory, ActiveSettings& settings);

class SettingsHolder {
 public:
  explicit SettingsHolder(SettingsPtr settings) : settings_(std::move(settings)) {}

  SettingsPtr Get() const {
    MutexLock lock(&mutex_);
    return settings_;
  }

  void Set(SettingsPtr settings) {
    MutexLock lock(&mutex_);
    settings_.swap(settings);  // the old ones are let go without the lock
  }

 private:
  mutable Mutex mutex_;
  SettingsPtr settings_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STEERING_ACTIVE_SETTINGS_H_
