#include "server/make_parts.h"

#include <memory>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "core/base/interruptible_wait.h"
#include "core/base/status_macros.h"
#include "detectors/unet/torch_segmenter.h"
#include "server/audit/audit_log.h"
#include "server/daemon_certificates.h"
#include "server/inference/thread_niceness.h"
#include "server/source/microscope_beam.h"
#include "server/source/microscope_source.h"
#include "server/source/replay_source.h"
#include "server/trace/span_writer.h"

namespace atomstream {
namespace {

// One overload a kind of source.
struct SourceMaker {
  const Clock* clock;
  const Clock* steady_clock;
  EventLog* log;

  absl::StatusOr<std::unique_ptr<FrameSource>> operator()(const NoSourceOptions&) const {
    return std::unique_ptr<FrameSource>();
  }
  absl::StatusOr<std::unique_ptr<FrameSource>> operator()(const MicroscopeOptions& options) const {
    return MakeMicroscopeSource({.address = options.address,
                                 .size_px = options.size_px,
                                 .dwell_time = options.dwell_time,
                                 .detector = options.detector,
                                 .security = options.security,
                                 .log = log},
                                clock, steady_clock);
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

// The one place of the daemon that knows libtorch.
absl::StatusOr<std::shared_ptr<const Segmenter>> LoadSegmenter(const UnetServiceOptions& options,
                                                               const Clock* steady_clock) {
#ifdef ATOMSTREAM_WITH_TORCH
  return LoadTorchSegmenter(options.model_folder, options.torch, steady_clock);
#else
  (void)options;
  (void)steady_clock;
  return absl::UnimplementedError(
      "this atomstreamd was built without libtorch (ATOMSTREAM_BUILD_TORCH); leave the unet block "
      "out");
#endif
}

absl::Status WithModel(const UnetServiceOptions& options, const absl::Status& why) {
  return absl::Status(why.code(),
                      absl::StrCat("unet.model = ", options.model_folder, ": ", why.message()));
}

}  // namespace

absl::StatusOr<UnetModel> LoadUnetModel(const UnetServiceOptions& options,
                                        const Clock* steady_clock) {
  UnetModel model;
  ASSIGN_OR_RETURN(model.detector, UnetDetector::Create(options.detector, steady_clock));
  absl::StatusOr<std::shared_ptr<const Segmenter>> segmenter =
      CatchToStatus("libtorch", [&] { return LoadSegmenter(options, steady_clock); });
  if (!segmenter.ok()) return WithModel(options, segmenter.status());
  model.segmenter = *std::move(segmenter);
  return model;
}

absl::Status CheckFiles(const DaemonOptions& options, absl::Time now) {
  RETURN_IF_ERROR(CheckAuditFile(options.audit_log));
  RETURN_IF_ERROR(CheckSpanFile(options.spans.file));
  return CheckCertificates(options, now);
}

absl::StatusOr<DaemonParts> MakeParts(const DaemonOptions& options, const Clock* clock,
                                      const Clock* steady_clock, EventLog* log) {
  RETURN_IF_ERROR(CheckFiles(options, clock->Now()));
  DaemonParts parts;
  ASSIGN_OR_RETURN(parts.credentials, LoadCredentials(options.security));
  parts.clock = clock;
  parts.steady_clock = steady_clock;
  parts.log = log;
  parts.make_log_star = [steady_clock](const LogStarOptions& log_star) {
    return LogStar::Create(log_star, steady_clock);
  };
  RETURN_IF_ERROR(parts.make_log_star(options.log_star).status());
  parts.operations.check_files = [clock](const DaemonOptions& next) {
    return CheckFiles(next, clock->Now());
  };
  parts.operations.load_model = [steady_clock](const UnetServiceOptions& unet) {
    return LoadUnetModel(unet, steady_clock);
  };
  if (options.unet) {
    ASSIGN_OR_RETURN(UnetModel model, LoadUnetModel(*options.unet, steady_clock));
    parts.unet = {.model = std::move(model), .lower_priority = [=, n = options.unet->cpu_niceness] {
                    const absl::Status status = SetThreadNiceness(n);
                    if (!status.ok())
                      log->Warning(absl::StrCat("unet.cpu_niceness = ", n, ": ", status.message()));
                  }};
  }
  ASSIGN_OR_RETURN(parts.source, std::visit(SourceMaker{clock, steady_clock, log}, options.source));
  if (const auto* microscope = std::get_if<MicroscopeOptions>(&options.source)) {
    ASSIGN_OR_RETURN(parts.beam, MakeMicroscopeBeam(microscope->address, microscope->security));
  }
  return parts;
}

}  // namespace atomstream
