// From validated options to the parts of a real daemon.
#ifndef ATOMSTREAM_SERVER_MAKE_PARTS_H_
#define ATOMSTREAM_SERVER_MAKE_PARTS_H_

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "server/config/daemon_options.h"
#include "server/daemon.h"
#include "server/log/event_log.h"

namespace atomstream {

// Reads the model, checks it and makes it ready, which takes seconds. Errors begin with "unet.model
// = <folder>"; Unimplemented: this build has no libtorch.
absl::StatusOr<UnetModel> LoadUnetModel(const UnetServiceOptions& options,
                                        const Clock* steady_clock);

// The files that the options name, but for the model, the policy and the tokens. InvalidArgument
// names the field and the file. `now`: for certificates.
absl::Status CheckFiles(const DaemonOptions& options, absl::Time now);

// InvalidArgument or NotFound names the option; of the model as LoadUnetModel. Opens no port and
// dials nobody.
absl::StatusOr<DaemonParts> MakeParts(const DaemonOptions& options, const Clock* clock,
                                      const Clock* steady_clock, EventLog* log);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_MAKE_PARTS_H_
