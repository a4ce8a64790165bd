// From validated options to the parts of a real daemon.
#ifndef ATOMSTREAM_SERVER_MAKE_PARTS_H_
#define ATOMSTREAM_SERVER_MAKE_PARTS_H_

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "server/config/daemon_options.h"
#include "server/daemon.h"
#include "server/log/event_log.h"

namespace atomstream {

// InvalidArgument or NotFound names the option. Opens no port and dials nobody.
absl::StatusOr<DaemonParts> MakeParts(const DaemonOptions& options, const Clock* clock,
                                      const Clock* steady_clock, EventLog* log);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_MAKE_PARTS_H_
