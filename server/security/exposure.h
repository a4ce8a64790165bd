// Who reaches an address that is listened on. Pure functions.
#ifndef ATOMSTREAM_SERVER_SECURITY_EXPOSURE_H_
#define ATOMSTREAM_SERVER_SECURITY_EXPOSURE_H_

#include <string>

#include "absl/status/status.h"
#include "server/security/security_options.h"

namespace atomstream {

// Whether only this machine reaches an address "host:port".
bool IsLoopback(const std::string& address);

// InvalidArgument names listen_address when it is reached from elsewhere without TLS, unless that
// was asked for.
absl::Status CheckExposure(const std::string& listen_address, const SecurityOptions& security);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SECURITY_EXPOSURE_H_
