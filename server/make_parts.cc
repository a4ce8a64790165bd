#include "server/make_parts.h"

#include <memory>
#include <utility>
#include <variant>

#include "core/base/status_macros.h"
#include "server/ingest/interruptible_wait.h"
#include "server/source/microscope_source.h"
#include "server/source/replay_source.h"

namespace atomstream {
namespace {

// One overload a kind of source.
struct SourceMaker {
  const Clock* clock;

  absl::StatusOr<std::unique_ptr<FrameSource>> operator()(const NoSourceOptions&) const {
    return std::unique_ptr<FrameSource>();
  }
  absl::StatusOr<std::unique_ptr<FrameSource>> operator()(const MicroscopeOptions& options) const {
    return MakeMicroscopeSource({.address = options.address,
                                 .size_px = options.size_px,
                                 .dwell_time = options.dwell_time,
                                 .detector = options.detector},
                                clock);
  }
  absl::StatusOr<std::unique_ptr<FrameSource>> operator()(const ReplayOptions& options) const {
    return MakeReplaySource({.path = options.path,
                             .rate_hz = options.rate_hz,
                             .loop = options.loop,
                             .pixel_size_nm = options.pixel_size_nm,
                             .material = options.material},
                            clock, std::make_unique<RealWait>());
  }
};

}  // namespace

absl::StatusOr<DaemonParts> MakeParts(const DaemonOptions& options, const Clock* clock,
                                      const Clock* steady_clock, EventLog* log) {
  DaemonParts parts;
  parts.clock = clock;
  parts.steady_clock = steady_clock;
  parts.log = log;
  ASSIGN_OR_RETURN(parts.log_star, LogStar::Create(options.log_star, steady_clock));
  ASSIGN_OR_RETURN(parts.source, std::visit(SourceMaker{clock}, options.source));
  return parts;
}

}  // namespace atomstream
