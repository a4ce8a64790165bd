// MakeChannel: the one place where a gRPC channel is made: size limits, keepalive, reconnection.
// The command line client dials the daemon with it and the daemon dials the microscope.
#ifndef ATOMSTREAM_CLIENT_CPP_CHANNEL_H_
#define ATOMSTREAM_CLIENT_CPP_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cpp/channel_security.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace atomstream {

struct ChannelOptions {
  std::string address;       // "host:port"
  ChannelSecurity security;  // default: in the clear

  // Header x-request-id of all calls, by which the daemon's log names them. Empty: each call has
  // one of its own.
  std::string request_id = {};

  // A 4096 x 4096 float32 frame is 64 MiB; the rest is ground truth and headers.
  int max_message_bytes = 80 << 20;

  // A peer that answers no ping for keepalive_timeout is given up; the call ends UNAVAILABLE.
  // The daemon refuses clients that ping more often than every 10 s.
  absl::Duration keepalive_time = absl::Seconds(30);
  absl::Duration keepalive_timeout = absl::Seconds(10);

  // gRPC's bandwidth probe lets the transport buffer megabytes ahead of a slow reader: about 480
  // messages of 10 KiB, all stale when it wakes. Off, it is about 12. Worth it for bulk reading.
  bool bandwidth_probe = false;
};

// Does not dial: the first call does. Its own connection, shared with no other channel.
// Thread-safe. InvalidArgument for an empty address,
// or naming what is wrong with the request id or the security.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ChannelOptions& options);
// With what the caller has read from the files of the security.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ChannelOptions& options,
                                                           const ChannelTexts& texts);

// Dials and waits up to `timeout` for the connection; false: there is none yet. To be called before
// a call that fails at once without a connection: while no call is waiting gRPC looks at its
// sockets too rarely to notice that the peer has answered, so sleeping between such calls is not
// enough.
bool WaitUntilConnected(grpc::Channel& channel, absl::Duration timeout);

// What the last attempt failed of: nobody listens, a handshake that failed. Empty: none has failed.
std::string WhyNotConnected(grpc::Channel& channel);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CPP_CHANNEL_H_
