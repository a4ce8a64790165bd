// ExportState: how far an export is; what it notes at each Commit of its PartialFile, to go on from
// there. Plain data.
#ifndef ATOMSTREAM_CLIENT_EXPORT_EXPORT_STATE_H_
#define ATOMSTREAM_CLIENT_EXPORT_EXPORT_STATE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace atomstream {

struct ExportState {
  std::string request;     // what is exported, for people; another request cannot go on with it
  std::string filter;      // serialised atomstream.v1.ResultFilter: times of the request may count
                           // from when it was made
  std::string epoch;       // of the daemon's store
  std::string page_token;  // where the next page begins; empty: at the first
  bool complete = false;   // there is no next page
  int64_t results = 0;
  int64_t first_sequence = 0;   // of the first result; 0: none yet
  int64_t last_sequence = 0;    // of the last
  int64_t numbers_without = 0;  // between results of an export without a filter: no longer kept, or
                                // lost
  int64_t frames = 0;           // whose pixels are there
  int64_t frames_missing = 0;   // whose pixels the daemon no longer has
};

// Lines of "name=value".
std::string WriteExportState(const ExportState& state);
absl::StatusOr<ExportState> ReadExportState(absl::string_view text);  // DataLoss

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_EXPORT_EXPORT_STATE_H_
