// BeamControl: the microscope's beam, as far as visits need it: put it on one place for a time, and
// blank it. An interface, so that everything that decides about the beam is tested without one.
//
// Called by one thread, the VisitDesk's. Implementations must not throw and must return soon after
// `cancel` is requested, whatever the instrument does; they promise nothing about the beam then.
#ifndef ATOMSTREAM_SERVER_TARGETING_BEAM_CONTROL_H_
#define ATOMSTREAM_SERVER_TARGETING_BEAM_CONTROL_H_

#include <stop_token>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/target/target.h"

namespace atomstream {

class BeamControl {
 public:
  virtual ~BeamControl() = default;

  // Puts the beam on `place` and returns when the dwell is over and the instrument has blanked it.
  // Any error: nobody knows where the beam is, or whether it was on. But InvalidArgument and
  // Unimplemented: the instrument refused, and the beam was not placed. DeadlineExceeded: no answer
  // within `timeout`. Cancelled: `cancel` was requested.
  virtual absl::Status Place(const ScanPoint& place, absl::Duration dwell, absl::Duration timeout,
                             std::stop_token cancel) = 0;

  // Blanks the beam. OK: it is blanked; blanking a blanked beam is OK too.
  virtual absl::Status Blank(absl::Duration timeout) = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TARGETING_BEAM_CONTROL_H_
