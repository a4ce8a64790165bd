#include "server/health/listener_probe.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace atomstream {
namespace {

// An address that stands for all of the machine's is reached by loopback.
void PointAtOurselves(sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    auto& four = reinterpret_cast<sockaddr_in&>(address);
    if (four.sin_addr.s_addr == htonl(INADDR_ANY)) four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  } else {
    auto& six = reinterpret_cast<sockaddr_in6&>(address);
    if (IN6_IS_ADDR_UNSPECIFIED(&six.sin6_addr)) six.sin6_addr = in6addr_loopback;
  }
}

std::string HostOf(const std::string& listen_address) {
  std::string host = listen_address.substr(0, listen_address.rfind(':'));
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return host.empty() ? "localhost" : host;
}

}  // namespace

std::unique_ptr<ListenerProbe> ListenerProbe::Create(const std::string& listen_address, int port,
                                                     const Clock* steady_clock) {
  if (absl::StartsWith(listen_address, "unix")) return nullptr;
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(HostOf(listen_address).c_str(), absl::StrCat(port).c_str(), &hints, &found) !=
      0) {
    return nullptr;
  }
  std::unique_ptr<ListenerProbe> probe;
  if (found->ai_family == AF_INET || found->ai_family == AF_INET6) {
    sockaddr_storage address = {};
    std::memcpy(&address, found->ai_addr, found->ai_addrlen);
    PointAtOurselves(address);
    probe.reset(new ListenerProbe(address, found->ai_addrlen, steady_clock));
  }
  freeaddrinfo(found);
  return probe;
}

ListenerProbe::ListenerProbe(const sockaddr_storage& address, socklen_t length,
                             const Clock* steady_clock)
    : address_(address), length_(length), clock_(*steady_clock) {}

ListenerProbe::~ListenerProbe() { Close(); }

absl::Duration ListenerProbe::Look() {
  const absl::Time now = clock_.Now();
  if (socket_ >= 0) {
    if (IsAnswered()) {
      was_answered_ = true;
      silent_since_.reset();
      Close();
    } else {
      if (!silent_since_) silent_since_ = opened_;
      if (refused_ || now - opened_ >= kPatience) Close();
    }
  }
  if (socket_ < 0 && now - opened_ >= kInterval) Open(now);
  return was_answered_ && silent_since_ ? now - *silent_since_ : absl::ZeroDuration();
}

void ListenerProbe::Open(absl::Time now) {
  // Without a descriptor nothing can be tried, and so nothing is known.
  socket_ = socket(address_.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return;
  opened_ = now;
  ended_ = false;
  refused_ = connect(socket_, reinterpret_cast<const sockaddr*>(&address_), length_) != 0 &&
             errno != EINPROGRESS;
  if (!refused_) ended_ = shutdown(socket_, SHUT_WR) == 0;
}

bool ListenerProbe::IsAnswered() {
  if (refused_) return false;
  if (!ended_) ended_ = shutdown(socket_, SHUT_WR) == 0;
  char byte = 0;
  if (recv(socket_, &byte, 1, MSG_DONTWAIT) >= 0) return true;
  // A reset comes from a server that has taken the connection, too.
  refused_ = errno != EAGAIN && errno != ENOTCONN && errno != ECONNRESET;
  return errno == ECONNRESET;
}

void ListenerProbe::Close() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

}  // namespace atomstream
