// DaemonOptions: the daemon's configuration after validation, as plain data.
#ifndef ATOMSTREAM_SERVER_CONFIG_DAEMON_OPTIONS_H_
#define ATOMSTREAM_SERVER_CONFIG_DAEMON_OPTIONS_H_

#include <optional>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "client/cpp/channel_security.h"
#include "detectors/log_star/log_star_options.h"
#include "detectors/unet/torch_segmenter.h"
#include "detectors/unet/unet_detector.h"
#include "server/health/health_options.h"
#include "server/log/log_options.h"
#include "server/security/security_options.h"
#include "server/store/history_options.h"
#include "server/structure/structure_options.h"
#include "server/targeting/targeting_options.h"
#include "server/trace/span_options.h"

namespace atomstream {

struct NoSourceOptions {};

struct MicroscopeOptions {
  std::string address;
  int size_px = 0;
  absl::Duration dwell_time;
  std::string detector;
  ChannelSecurity security = {};
};

struct ReplayOptions {
  std::string path;
  double rate_hz = 0;
  bool loop = false;
  double pixel_size_nm = 0;
  std::string material;
};

using SourceOptions = std::variant<NoSourceOptions, MicroscopeOptions, ReplayOptions>;

struct UnetServiceOptions {
  std::string model_folder;
  TorchSegmenterOptions torch;
  UnetOptions detector;
  int cpu_niceness = 10;
};

struct DaemonOptions {
  std::string listen_address = "127.0.0.1:50051";
  std::string metrics_address = "127.0.0.1:9464";  // empty: none
  SourceOptions source;
  LogStarOptions log_star;
  std::optional<UnetServiceOptions> unet;                          // none: LoG* only
  std::optional<StructureOptions> structure = StructureOptions();  // none: atoms only
  TargetingOptions targeting;
  int worker_threads = 0;  // 0: one a core
  int frames_in_flight = 2;
  int submit_queue = 16;
  absl::Duration shutdown_deadline = absl::Seconds(10);
  HistoryOptions history;
  std::string audit_log;  // empty: no file
  int max_subscribers = 128;
  int max_message_mib = 80;
  SecurityOptions security;
  LogOptions log;
  HealthOptions health;
  SpanOptions spans;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CONFIG_DAEMON_OPTIONS_H_
