// LogStarFields: the settings of LoG* that steering can change, each by the name that it has in the
// contract (atomstream.v1.LogStarSettings). Pure functions; any thread.
#ifndef ATOMSTREAM_SERVER_STEERING_LOG_STAR_FIELDS_H_
#define ATOMSTREAM_SERVER_STEERING_LOG_STAR_FIELDS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "detectors/log_star/log_star_options.h"
#include "detectors/log_star/solution_choice.h"

namespace atomstream {

inline constexpr absl::string_view kWindowModeField = "window_mode";
inline constexpr absl::string_view kPreferenceField = "preference";  // of the file only

// In the order of the contract.
std::vector<std::string> LogStarFieldNames();

// Takes over the named fields; "*" names all. InvalidArgument names a path that is no field, and
// those that are, or says that there is none.
absl::Status CopyFields(const std::vector<std::string>& names, const LogStarOptions& from,
                        LogStarOptions& to);

// Likewise, by the names of the configuration's block log_star, which has fields that steering has
// not. Of the preference see SteeringDesk.
absl::Status CopyFileFields(const std::vector<std::string>& names, const LogStarOptions& from,
                            LogStarOptions& to);

// One field that differs.
struct FieldChange {
  std::string name;
  std::string before;
  std::string after;
};
std::vector<FieldChange> CompareFields(const LogStarOptions& before, const LogStarOptions& after);
// Those that only the file has.
std::vector<FieldChange> CompareFileOnlyFields(const LogStarOptions& before,
                                               const LogStarOptions& after);

// As ValidateLogStarOptions, but naming fields as the contract does: "log_star.<field> = <value>:
// why". NotFound: the material.
absl::Status ValidateFields(const LogStarOptions& options);

// As ValidateChoice, naming "selection.<field>".
absl::Status ValidateSelection(const SolutionChoice& selection);

// For a person: "knee", "preference 0.3", "index 4", "weights QC 1, ER 2".
std::string SelectionText(const SolutionChoice& selection);

absl::string_view WindowModeName(WindowMode mode);  // "global", "map"

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STEERING_LOG_STAR_FIELDS_H_
