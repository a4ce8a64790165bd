// From the configuration's security block, and those of links to other services, to options.
#ifndef ATOMSTREAM_SERVER_CONFIG_SECURITY_CONFIG_H_
#define ATOMSTREAM_SERVER_CONFIG_SECURITY_CONFIG_H_

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "atomstream/config/v1/daemon_config.pb.h"
#include "client/cpp/channel_security.h"
#include "server/security/security_options.h"

namespace atomstream {

// InvalidArgument reads "<field> = <value>: why". The files are not looked at.
absl::StatusOr<SecurityOptions> SecurityOptionsFromConfig(const config::v1::SecurityConfig& config);

// `field`: of the block, e.g. "source.microscope.tls".
absl::StatusOr<ChannelSecurity> ChannelSecurityFromConfig(
    absl::string_view field, const config::v1::ClientTlsConfig& config);

// Relative files become files of `folder`.
void RelateFiles(const std::filesystem::path& folder, SecurityOptions& security);
void RelateFiles(const std::filesystem::path& folder, ChannelSecurity& security);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_CONFIG_SECURITY_CONFIG_H_
