// The flags with which programs are told how to reach a daemon safely, and the environment
// variables that stand in for flags that are not given. Used on the main thread.
#ifndef ATOMSTREAM_CLIENT_CPP_CHANNEL_FLAGS_H_
#define ATOMSTREAM_CLIENT_CPP_CHANNEL_FLAGS_H_

#include "client/cpp/channel_security.h"
#include "core/base/flag_set.h"

namespace atomstream {

// ATOMSTREAM_CA, ATOMSTREAM_CERT, ATOMSTREAM_KEY, ATOMSTREAM_TOKEN_FILE, ATOMSTREAM_SERVER_NAME.
ChannelSecurity ChannelSecurityFromEnvironment();

// --ca, --cert, --key, --token_file, --server_name. `security` outlives `flags`.
void AddSecurityFlags(FlagSet& flags, ChannelSecurity& security);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_CHANNEL_FLAGS_H_
