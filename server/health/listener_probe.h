// ListenerProbe: whether the port that the daemon serves still takes connections, found out by
// connecting to it. A server of gRPC 1.51 that once could not take a connection, for want of
// descriptors, takes none ever again; whoever is connected is served on, and nothing tells of it.
//
// The kernel connects for a listener that sleeps, too. So a connection counts when the server has
// done something with it: sent its first bytes, or hung up as we have.
//
// Owned by whoever calls it; one thread at a time. Never waits, but for the name of the address in
// Create. Invariant: nobody counts as shut out before one connection was answered, so that a
// machine on which the daemon cannot reach itself is not told to start it anew for ever.
#ifndef ATOMSTREAM_SERVER_HEALTH_LISTENER_PROBE_H_
#define ATOMSTREAM_SERVER_HEALTH_LISTENER_PROBE_H_

#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "core/base/clock.h"

namespace atomstream {

class ListenerProbe {
 public:
  static constexpr absl::Duration kInterval = absl::Seconds(5);
  // A connection that was not answered within this is given up for another one.
  static constexpr absl::Duration kPatience = absl::Seconds(5);

  // `listen_address` as it is configured, host:port, and the port that it came to be. Null: there
  // is nothing to connect to. The clock outlives the probe.
  static std::unique_ptr<ListenerProbe> Create(const std::string& listen_address, int port,
                                               const Clock* steady_clock);
  ~ListenerProbe();
  ListenerProbe(const ListenerProbe&) = delete;
  ListenerProbe& operator=(const ListenerProbe&) = delete;

  // To be called about once a second. For how long no connection was answered; zero: the last one
  // was.
  absl::Duration Look();

 private:
  ListenerProbe(const sockaddr_storage& address, socklen_t length, const Clock* steady_clock);
  void Open(absl::Time now);
  bool IsAnswered();
  void Close();

  const sockaddr_storage address_;
  const socklen_t length_;
  const Clock& clock_;
  int socket_ = -1;       // of the connection that waits for an answer; -1: there is none
  bool refused_ = false;  // it was
  bool ended_ = false;    // our side of it, so that the server hangs up
  absl::Time opened_ = absl::InfinitePast();  // the newest connection
  bool was_answered_ = false;                 // some connection
  std::optional<absl::Time> silent_since_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_HEALTH_LISTENER_PROBE_H_
