#include "server/config/config.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/status_macros.h"
#include "core/image/frame.h"
#include "server/config/check.h"
#include "server/config/cluster_config.h"
#include "server/config/config_place.h"
#include "server/config/history_config.h"
#include "server/config/log_star_config.h"
#include "server/config/operations_config.h"
#include "server/config/security_config.h"
#include "server/config/targeting_config.h"
#include "server/config/unet_config.h"
#include "server/record/invalid_field.h"
#include "server/security/exposure.h"

namespace atomstream {
namespace {

absl::Status CheckAddress(absl::string_view field, const std::string& address) {
  const size_t colon = address.rfind(':');
  int port = -1;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 0 || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, " = ", address, ": must be host:port with a port from 0 to 65535"));
  }
  return absl::OkStatus();
}

absl::StatusOr<SourceOptions> MicroscopeFromConfig(const config::v1::MicroscopeConfig& config) {
  RETURN_IF_ERROR(CheckAddress("source.microscope.address", config.address()));
  if (config.size_px() != 0) {
    RETURN_IF_ERROR(CheckInRange("source.microscope.size_px", config.size_px(), Frame::kMinSide,
                                 Frame::kMaxSide));
  }
  RETURN_IF_ERROR(CheckNotNegative("source.microscope.dwell_time_us", config.dwell_time_us()));
  MicroscopeOptions options{.address = config.address(),
                            .size_px = config.size_px(),
                            .dwell_time = absl::Microseconds(config.dwell_time_us()),
                            .detector = config.detector()};
  if (config.has_tls()) {
    ASSIGN_OR_RETURN(options.security,
                     ChannelSecurityFromConfig("source.microscope.tls", config.tls()));
  }
  return options;
}

absl::StatusOr<SourceOptions> ReplayFromConfig(const config::v1::ReplayConfig& config) {
  if (config.path().empty()) {
    return absl::InvalidArgumentError("source.replay.path: must be set");
  }
  RETURN_IF_ERROR(CheckNotNegative("source.replay.rate_hz", config.rate_hz()));
  RETURN_IF_ERROR(CheckNotNegative("source.replay.pixel_size_nm", config.pixel_size_nm()));
  return ReplayOptions{.path = config.path(),
                       .rate_hz = config.rate_hz(),
                       .loop = config.loop(),
                       .pixel_size_nm = config.pixel_size_nm(),
                       .material = config.material()};
}

absl::StatusOr<SourceOptions> SourceFromConfig(const config::v1::SourceConfig& config) {
  switch (config.kind_case()) {
    case config::v1::SourceConfig::kMicroscope:
      return MicroscopeFromConfig(config.microscope());
    case config::v1::SourceConfig::kReplay:
      return ReplayFromConfig(config.replay());
    default:
      return NoSourceOptions{};
  }
}

absl::Status ReadPipeline(const config::v1::PipelineConfig& config, DaemonOptions& options) {
  options.worker_threads = config.worker_threads();
  RETURN_IF_ERROR(CheckInRange("pipeline.worker_threads", options.worker_threads, 0, 1024));
  if (config.has_frames_in_flight()) options.frames_in_flight = config.frames_in_flight();
  RETURN_IF_ERROR(CheckInRange("pipeline.frames_in_flight", options.frames_in_flight, 1, 64));
  if (config.has_submit_queue()) options.submit_queue = config.submit_queue();
  RETURN_IF_ERROR(CheckInRange("pipeline.submit_queue", options.submit_queue, 1, 1024));
  if (config.has_shutdown_deadline_s()) {
    RETURN_IF_ERROR(
        CheckInRange("pipeline.shutdown_deadline_s", config.shutdown_deadline_s(), 4.0, 600.0));
    options.shutdown_deadline = absl::Seconds(config.shutdown_deadline_s());
  }
  return absl::OkStatus();
}

// What the text parser says, without what only its authors know.
std::string Plainly(const std::string& message) {
  absl::string_view rest = message;
  if (absl::ConsumePrefix(&rest, "Message type ")) {
    const size_t name = rest.find("has no field named ");
    if (name != absl::string_view::npos) {
      return absl::StrCat("there is no field ",
                          absl::StripSuffix(rest.substr(rest.find('"', name)), "."), " here");
    }
  }
  if (absl::ConsumeSuffix(&rest, ", got: ")) return absl::StrCat(rest, ", but the file ends");
  return message;
}

// Keeps the first complaint of the text parser.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (!message_.empty()) return;
    place_ = {line + 1, column + 1};
    message_ = Plainly(message);
  }
  const ConfigPlace& place() const { return place_; }
  const std::string& message() const { return message_; }

 private:
  ConfigPlace place_;
  std::string message_;
};

// `place`: where an error stands.
absl::StatusOr<LoadedConfig> Read(absl::string_view text, ConfigPlace* place) {
  LoadedConfig read;
  FirstError error;
  google::protobuf::TextFormat::ParseInfoTree places;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.WriteLocationsTo(&places);
  if (!parser.ParseFromString(std::string(text), &read.config)) {
    *place = error.place();
    return absl::InvalidArgumentError(error.message());
  }
  absl::StatusOr<DaemonOptions> options = OptionsFromConfig(read.config);
  if (!options.ok()) {
    *place = FindPlace(places, InvalidFieldOf(options.status()).field);
    return options.status();
  }
  read.options = *std::move(options);
  return read;
}

// Files that the configuration names are relative to its folder.
void RelateAllFiles(const std::filesystem::path& folder, DaemonOptions& options) {
  RelateFiles(folder, options.security);
  if (auto* microscope = std::get_if<MicroscopeOptions>(&options.source)) {
    RelateFiles(folder, microscope->security);
  }
  std::string& history = options.history.path;
  if (!history.empty()) history = (folder / history).string();
  if (!options.audit_log.empty()) options.audit_log = (folder / options.audit_log).string();
  if (!options.spans.file.empty()) options.spans.file = (folder / options.spans.file).string();
  if (options.unet) {
    options.unet->model_folder = (folder / options.unet->model_folder).string();
  }
}

}  // namespace

absl::StatusOr<DaemonOptions> OptionsFromConfig(const config::v1::DaemonConfig& config) {
  DaemonOptions options;
  if (config.has_listen_address()) options.listen_address = config.listen_address();
  RETURN_IF_ERROR(CheckAddress("listen_address", options.listen_address));
  if (config.has_metrics_address()) options.metrics_address = config.metrics_address();
  if (!options.metrics_address.empty()) {
    RETURN_IF_ERROR(CheckAddress("metrics_address", options.metrics_address));
  }
  ASSIGN_OR_RETURN(options.source, SourceFromConfig(config.source()));
  ASSIGN_OR_RETURN(options.log_star, LogStarOptionsFromConfig(config.log_star()));
  ASSIGN_OR_RETURN(options.unet, UnetOptionsFromConfig(config.unet(), options.log_star));
  ASSIGN_OR_RETURN(options.structure, StructureOptionsFromConfig(config.clusters()));
  ASSIGN_OR_RETURN(options.targeting, TargetingOptionsFromConfig(config.targeting()));
  RETURN_IF_ERROR(ReadPipeline(config.pipeline(), options));
  ASSIGN_OR_RETURN(options.history, HistoryOptionsFromConfig(config.history()));
  options.audit_log = config.steering().audit_log();
  if (config.service().has_max_subscribers()) {
    options.max_subscribers = config.service().max_subscribers();
  }
  RETURN_IF_ERROR(CheckInRange("service.max_subscribers", options.max_subscribers, 1, 10000));
  if (config.service().has_max_message_mib()) {
    options.max_message_mib = config.service().max_message_mib();
  }
  RETURN_IF_ERROR(CheckInRange("service.max_message_mib", options.max_message_mib, 1, 1024));
  ASSIGN_OR_RETURN(options.security, SecurityOptionsFromConfig(config.security()));
  ASSIGN_OR_RETURN(options.log, LogOptionsFromConfig(config.log()));
  ASSIGN_OR_RETURN(options.health, HealthOptionsFromConfig(config.health()));
  ASSIGN_OR_RETURN(options.spans, SpanOptionsFromConfig(config.trace()));
  RETURN_IF_ERROR(CheckExposure(options.listen_address, options.security));
  return options;
}

absl::StatusOr<DaemonOptions> ParseConfig(absl::string_view text) {
  ConfigPlace place;
  absl::StatusOr<LoadedConfig> read = Read(text, &place);
  if (read.ok()) return std::move(read->options);
  // What is no DaemonConfig at all names no field, but a place.
  if (place.line == 0 || !InvalidFieldOf(read.status()).field.empty()) return read.status();
  return absl::InvalidArgumentError(
      absl::StrCat(place.line, ":", place.column, ": ", read.status().message()));
}

absl::StatusOr<LoadedConfig> LoadConfigFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (!file || !(text << file.rdbuf())) {
    return WithFault(absl::NotFoundError("cannot be read, or is empty"), {.file = path});
  }
  ConfigPlace place;
  absl::StatusOr<LoadedConfig> read = Read(text.str(), &place);
  if (!read.ok()) {
    const InvalidField invalid = InvalidFieldOf(read.status());
    return WithFault(
        read.status(),
        {.file = path, .place = place, .field = invalid.field, .value = invalid.value});
  }
  RelateAllFiles(std::filesystem::path(path).parent_path(), read->options);
  return read;
}

absl::StatusOr<DaemonOptions> OptionsOfFile(const std::string& path,
                                            const config::v1::DaemonConfig& config) {
  ASSIGN_OR_RETURN(DaemonOptions options, OptionsFromConfig(config));
  RelateAllFiles(std::filesystem::path(path).parent_path(), options);
  return options;
}

absl::StatusOr<DaemonOptions> LoadConfig(const std::string& path) {
  ASSIGN_OR_RETURN(LoadedConfig read, LoadConfigFile(path));
  return std::move(read.options);
}

}  // namespace atomstream
