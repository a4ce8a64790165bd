// Settings that steering can change, between the contract and the daemon's own types. Pure
// functions; any thread.
#ifndef ATOMSTREAM_SERVER_CODEC_SETTINGS_CODEC_H_
#define ATOMSTREAM_SERVER_CODEC_SETTINGS_CODEC_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "atomstream/v1/steering.pb.h"
#include "server/record/settings_record.h"

namespace atomstream {

v1::Settings SettingsToProto(const SettingsRecord& settings);
v1::SettingsChange SettingsChangeToProto(const SettingsChange& change);

// InvalidArgument: nothing is selected, or the place is not known. Ranges are checked later.
absl::StatusOr<SolutionChoice> SelectionFromProto(const v1::Selection& proto);

// Takes over the fields named in `paths` ("*": all); the rest keeps its default. InvalidArgument
// names the field ("log_star.rewards"). Ranges, and names that are no field, are checked later.
absl::StatusOr<LogStarOptions> LogStarSettingsFromProto(const v1::LogStarSettings& proto,
                                                        const std::vector<std::string>& paths);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CODEC_SETTINGS_CODEC_H_
