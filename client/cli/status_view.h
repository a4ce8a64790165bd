// A daemon's status for people and for programs. Pure functions; any thread.
#ifndef ATOMSTREAM_CLIENT_CLI_STATUS_VIEW_H_
#define ATOMSTREAM_CLIENT_CLI_STATUS_VIEW_H_

#include <string>

#include "atomstream/v1/analysis.pb.h"
#include "client/cli/json_writer.h"

namespace atomstream {

// Several lines.
std::string StatusText(const v1::GetStatusResponse& status);

// Into an object that is open.
void WriteStatus(const v1::GetStatusResponse& status, JsonWriter& json);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_STATUS_VIEW_H_
