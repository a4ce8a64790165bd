// ListenerProbe: whether the port that the daemon serves still takes connections, found out by
// connecting to it. A server of gRPC 1.51 that once could not take a connection, for want of
// descriptors, takes none ever again; whoever is connected is served on, and nothing tells of it.
//
// The kernel connects for a listener that sleeps, too. So a connection counts when the server has
// done something with it: sent its first bytes, or hung up as we have.
//
// Silence and a refusal count. Any other failure (no route, an address that has gone, a packet
// filter, no descriptor) is this machine's own: then nothing is known, and what was silent before
// counts no more.
//
// Owned by whoever calls it; one thread at a time. Never waits, but for the name of the address in
// Create. Invariant: nobody counts as shut out before one connection was answered, so that a
// machine on which the daemon cannot reach itself is not told to start it anew for ever.
#ifndef ATOMSTREAM_SERVER_HEALTH_LISTENER_PROBE_H_
#define ATOMSTREAM_SERVER_HEALTH_LISTENER_PROBE_H_

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"

namespace atomstream {

class ListenerProbe {
 public:
  static constexpr absl::Duration kInterval = absl::Seconds(5);
  // A connection that was not answered within this is given up for another one.
  static constexpr absl::Duration kPatience = absl::Seconds(5);

  // As connect(2).
  using Connect = std::function<int(int, const sockaddr*, socklen_t)>;

  // `listen_address` as it is configured, host:port, and the port that it came to be. Errors: there
  // is nothing to connect to. The clock outlives the probe.
  static absl::StatusOr<std::unique_ptr<ListenerProbe>> Create(const std::string& listen_address,
                                                               int port, const Clock* steady_clock);
  // Of IPv4 or IPv6, at least one. They are tried in turn until one answers, and then that one.
  ListenerProbe(std::vector<sockaddr_storage> addresses, const Clock* steady_clock,
                Connect connect = ::connect);
  ~ListenerProbe();
  ListenerProbe(const ListenerProbe&) = delete;
  ListenerProbe& operator=(const ListenerProbe&) = delete;

  // To be called about once a second. For how long no connection was answered; zero: the last one
  // was, or nothing is known.
  absl::Duration Look();

  // After Look: why nothing is known of the port, for a person; empty: something is.
  std::string not_known() const;

  // How many connections were answered.
  int64_t answers() const { return answers_; }

 private:
  enum class Answer { kYes, kNotYet, kRefused, kNotKnown };

  void Open(absl::Time now);
  void Judge(absl::Time now);
  Answer GetAnswer();
  // What a connection that failed so says.
  Answer Fail(int error);
  void ForgetSilence(int error);
  // Closes our side of the connection once it has come about, so that the server hangs up.
  Answer EndOurSide();
  // Gives the connection up; the next one goes to the next address, unless this one has answered.
  void GiveUp();
  void Close();

  const std::vector<sockaddr_storage> addresses_;
  const Clock& clock_;
  const Connect connect_;
  size_t next_ = 0;     // of the addresses
  int socket_ = -1;     // of the connection that waits for an answer; -1: there is none
  bool ended_ = false;  // it came about, and our side of it is closed
  absl::Time opened_ = absl::InfinitePast();  // the newest connection
  int64_t answers_ = 0;
  std::optional<absl::Time> silent_since_;
  std::string failure_;  // of the newest connection, on our side; empty: none
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_HEALTH_LISTENER_PROBE_H_
