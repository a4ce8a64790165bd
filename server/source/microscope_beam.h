// MakeMicroscopeBeam: the beam of a microscope that serves atomstream.v1.Microscope. On a
// connection of its own, so that blanking never waits behind frames.
#ifndef ATOMSTREAM_SERVER_SOURCE_MICROSCOPE_BEAM_H_
#define ATOMSTREAM_SERVER_SOURCE_MICROSCOPE_BEAM_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/cpp/channel_security.h"
#include "server/targeting/beam_control.h"

namespace atomstream {

// Dials on the first call; see MicroscopeLink for files that change. InvalidArgument: the address
// is empty, or what is wrong with the security.
absl::StatusOr<std::unique_ptr<BeamControl>> MakeMicroscopeBeam(
    const std::string& address, const ChannelSecurity& security = {});

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SOURCE_MICROSCOPE_BEAM_H_
