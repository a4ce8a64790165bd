#include "server/config/security_config.h"

#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/config/check.h"

namespace atomstream {
namespace {

constexpr double kMebibyte = 1 << 20;
constexpr double kHighestRate = 1e6;

absl::Status MustBeSet(absl::string_view field) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": must be set"));
}

absl::StatusOr<TlsOptions> TlsFromConfig(const config::v1::TlsConfig& config) {
  TlsOptions tls{
      .certificate = config.certificate(), .key = config.key(), .client_ca = config.client_ca()};
  if (config.has_require_client_certificate()) {
    tls.require_client_certificate = config.require_client_certificate();
  }
  if (tls.certificate.empty()) return MustBeSet("security.tls.certificate");
  if (tls.key.empty()) return MustBeSet("security.tls.key");
  if (tls.require_client_certificate && tls.client_ca.empty()) {
    return absl::InvalidArgumentError(
        "security.tls.client_ca: must be set, or security.tls.require_client_certificate false");
  }
  if (config.has_reload_interval_s()) {
    RETURN_IF_ERROR(
        CheckInRange("security.tls.reload_interval_s", config.reload_interval_s(), 1, 3600));
    tls.reload_interval = absl::Seconds(config.reload_interval_s());
  }
  return tls;
}

// `by_default` holds where the field is not set.
absl::StatusOr<double> RateOf(absl::string_view field, bool is_set, double value,
                              double by_default) {
  const std::string name = absl::StrCat("security.limits.", field);
  if (is_set) RETURN_IF_ERROR(CheckInRange(name, value, 0.0, kHighestRate));
  return is_set ? value : by_default;
}

// Without TLS clients are told apart by their address only, so that limits could hit the innocent:
// then there are none unless they are asked for.
absl::StatusOr<ClientLimits> LimitsFromConfig(const config::v1::ClientLimitsConfig& config,
                                              bool tls) {
  ClientLimits limits;
  ASSIGN_OR_RETURN(limits.calls_per_second,
                   RateOf("calls_per_second", config.has_calls_per_second(),
                          config.calls_per_second(), tls ? 200 : 0));
  ASSIGN_OR_RETURN(const double mebibytes,
                   RateOf("request_mib_per_second", config.has_request_mib_per_second(),
                          config.request_mib_per_second(), tls ? 512 : 0));
  limits.bytes_per_second = mebibytes * kMebibyte;
  ASSIGN_OR_RETURN(limits.frames_per_second,
                   RateOf("frames_per_second", config.has_frames_per_second(),
                          config.frames_per_second(), tls ? 100 : 0));
  if (config.has_burst_s()) {
    RETURN_IF_ERROR(CheckInRange("security.limits.burst_s", config.burst_s(), 0.1, 3600.0));
    limits.burst = absl::Seconds(config.burst_s());
  }
  limits.max_streams = config.has_max_streams() ? config.max_streams() : (tls ? 16 : 0);
  RETURN_IF_ERROR(CheckInRange("security.limits.max_streams", limits.max_streams, 0, 10000));
  return limits;
}

void Relate(const std::filesystem::path& folder, std::initializer_list<std::string*> files) {
  for (std::string* file : files) {
    if (!file->empty()) *file = (folder / *file).string();
  }
}

}  // namespace

absl::StatusOr<SecurityOptions> SecurityOptionsFromConfig(
    const config::v1::SecurityConfig& config) {
  SecurityOptions options{.policy_file = config.policy_file(),
                          .token_file = config.token_file(),
                          .insecure_remote = config.insecure_remote()};
  if (config.has_tls()) {
    ASSIGN_OR_RETURN(options.tls, TlsFromConfig(config.tls()));
    if (options.policy_file.empty() && options.token_file.empty()) {
      return absl::InvalidArgumentError(
          "security.policy_file: must be set, or security.token_file: nobody would have a role");
    }
    if (!options.policy_file.empty() && options.tls->client_ca.empty()) {
      return absl::InvalidArgumentError(
          "security.tls.client_ca: must be set: policy_file is about certificates that it signs");
    }
  } else if (!options.policy_file.empty() || !options.token_file.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.policy_file.empty() ? "security.token_file" : "security.policy_file",
                     ": has no effect without security.tls: everybody is admin"));
  }
  ASSIGN_OR_RETURN(options.limits, LimitsFromConfig(config.limits(), options.tls.has_value()));
  return options;
}

absl::StatusOr<ChannelSecurity> ChannelSecurityFromConfig(
    absl::string_view field, const config::v1::ClientTlsConfig& config) {
  ChannelSecurity security{.ca = config.ca(),
                           .certificate = config.certificate(),
                           .key = config.key(),
                           .token_file = config.token_file(),
                           .server_name = config.server_name()};
  if (security.ca.empty()) return MustBeSet(absl::StrCat(field, ".ca"));
  if (security.certificate.empty() != security.key.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ".key: must be set together with ", field, ".certificate"));
  }
  return security;
}

void RelateFiles(const std::filesystem::path& folder, SecurityOptions& security) {
  Relate(folder, {&security.policy_file, &security.token_file});
  if (security.tls) {
    Relate(folder, {&security.tls->certificate, &security.tls->key, &security.tls->client_ca});
  }
}

void RelateFiles(const std::filesystem::path& folder, ChannelSecurity& security) {
  Relate(folder, {&security.ca, &security.certificate, &security.key, &security.token_file});
}

}  // namespace atomstream
