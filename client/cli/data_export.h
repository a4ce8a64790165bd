// `atomstream export` of many results as data. Used on the main thread.
#ifndef ATOMSTREAM_CLIENT_CLI_DATA_EXPORT_H_
#define ATOMSTREAM_CLIENT_CLI_DATA_EXPORT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "atomstream/v1/analysis.pb.h"
#include "client/cli/cli_command.h"
#include "client/export/export_format.h"
#include "core/base/flag_set.h"

namespace atomstream {

// The flags that only data have, but for those that choose among the results.
struct DataFlags {
  bool newest_first = false;
  int64_t limit = 0;
  bool with_frames = false;
  bool restart = false;
  bool finish = false;

  void AddTo(FlagSet& flags);
  // The name of one that was changed; empty: none was.
  absl::string_view GivenFlag() const;
  // InvalidArgument names the flag and its value.
  absl::Status Validate(ExportFormat format) const;
};

struct DataExport {
  std::string output;
  bool force = false;
  ExportFormat format = ExportFormat::kNdjson;
  v1::ResultFilter filter;
  std::string filter_text;  // its flags as they were given
  DataFlags flags;
};

absl::Status ExportResults(const CommonFlags& common, const DataExport& data,
                           const CliOutput& output);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_DATA_EXPORT_H_
