// SettingsRecord: what an operator can change while the daemon runs, as it counts at one time;
// SettingsChange: one change of it. Plain data, immutable once published; free of protobuf.
#ifndef ATOMSTREAM_SERVER_RECORD_SETTINGS_RECORD_H_
#define ATOMSTREAM_SERVER_RECORD_SETTINGS_RECORD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "detectors/log_star/log_star_options.h"
#include "detectors/log_star/solution_choice.h"

namespace atomstream {

struct SettingsRecord {
  int64_t version = 1;       // 1 at the start, one more with every change
  LogStarOptions log_star;   // without a preference: `selection` has it
  SolutionChoice selection;  // as it was asked for; an index is meant for one front
  std::string changed_by;    // CallerName, or "configuration"
  absl::Time change_time;
};

struct SettingsChange {
  SettingsRecord settings;                  // what counts from now on
  std::vector<std::string> changed_fields;  // "selection", "log_star.material", …
  std::string text;                         // for a person: "selection: knee -> preference 0.3"
};

using SettingsChangePtr = std::shared_ptr<const SettingsChange>;

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_RECORD_SETTINGS_RECORD_H_
