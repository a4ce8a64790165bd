// MakeMicroscopeSource: frames from a microscope that serves atomstream.v1.Microscope.
//
// Dials on the first Next() and again on the Next() after a lost link, with the certificates that
// are on disk then; the caller does the backoff. Checks each frame by itself; whether numbers rise
// from frame to frame is the ingest's business.
#ifndef ATOMSTREAM_SERVER_SOURCE_MICROSCOPE_SOURCE_H_
#define ATOMSTREAM_SERVER_SOURCE_MICROSCOPE_SOURCE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cpp/channel_security.h"
#include "core/base/clock.h"
#include "server/log/event_log.h"
#include "server/source/frame_source.h"

namespace atomstream {

struct MicroscopeSourceOptions {
  std::string address;  // "host:port"
  int size_px = 0;      // rows and columns; 0: as the instrument is set
  absl::Duration dwell_time = absl::ZeroDuration();  // on one pixel; 0: as the instrument is set
  std::string detector;                              // empty: HAADF
  absl::Duration dialling = absl::Seconds(1);        // how long one Next() waits for a connection
  ChannelSecurity security = {};                     // default: in the clear
  EventLog* log = nullptr;  // of files that cannot be used at a new connection; null: untold
};

// InvalidArgument names the option and its value. The clocks outlive the source; the steady one is
// for durations.
absl::StatusOr<std::unique_ptr<FrameSource>> MakeMicroscopeSource(
    const MicroscopeSourceOptions& options, const Clock* clock, const Clock* steady_clock);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SOURCE_MICROSCOPE_SOURCE_H_
