#include "server/health/listener_probe.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <system_error>
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

socklen_t LengthOf(const sockaddr_storage& address) {
  return address.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ListenerProbe>> ListenerProbe::Create(
    const std::string& listen_address, int port, const Clock* steady_clock) {
  if (absl::StartsWith(listen_address, "unix")) {
    return absl::UnimplementedError(
        absl::StrCat("listen_address = ", listen_address, ": is no port"));
  }
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(HostOf(listen_address).c_str(), absl::StrCat(port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::NotFoundError(
        absl::StrCat("listen_address = ", listen_address, ": ", gai_strerror(error)));
  }
  std::vector<sockaddr_storage> addresses;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    sockaddr_storage address = {};
    std::memcpy(&address, one->ai_addr, one->ai_addrlen);
    PointAtOurselves(address);
    addresses.push_back(address);
  }
  freeaddrinfo(found);
  if (addresses.empty()) {
    return absl::NotFoundError(
        absl::StrCat("listen_address = ", listen_address, ": has no address of IP"));
  }
  return std::make_unique<ListenerProbe>(std::move(addresses), steady_clock);
}

ListenerProbe::ListenerProbe(std::vector<sockaddr_storage> addresses, const Clock* steady_clock,
                             Connect connect)
    : addresses_(std::move(addresses)), clock_(*steady_clock), connect_(std::move(connect)) {
  assert(!addresses_.empty());
}

ListenerProbe::~ListenerProbe() { Close(); }

absl::Duration ListenerProbe::Look() {
  const absl::Time now = clock_.Now();
  if (socket_ >= 0) Judge(now);
  if (socket_ < 0 && now - opened_ >= kInterval) Open(now);
  return answers_ > 0 && silent_since_ ? now - *silent_since_ : absl::ZeroDuration();
}

std::string ListenerProbe::not_known() const {
  if (!failure_.empty()) return absl::StrCat("no connection can be made from here: ", failure_);
  if (answers_ == 0 && silent_since_) return "no connection from here was answered yet";
  return "";
}

void ListenerProbe::Open(absl::Time now) {
  for (size_t left = answers_ > 0 ? 1 : addresses_.size(); left > 0; --left) {
    const sockaddr_storage& address = addresses_[next_];
    socket_ = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) {
      ForgetSilence(errno);
      GiveUp();
      continue;
    }
    opened_ = now;
    ended_ = false;
    const auto* target = reinterpret_cast<const sockaddr*>(&address);
    const bool begun = connect_(socket_, target, LengthOf(address)) == 0 || errno == EINPROGRESS;
    const Answer answer = begun ? EndOurSide() : Fail(errno);
    if (answer == Answer::kNotYet) return;
    if (answer == Answer::kRefused && !silent_since_) silent_since_ = now;
    GiveUp();
  }
}

void ListenerProbe::Judge(absl::Time now) {
  switch (GetAnswer()) {
    case Answer::kYes:
      ++answers_;
      silent_since_.reset();
      failure_.clear();
      Close();
      return;
    case Answer::kNotKnown:
      GiveUp();
      return;
    case Answer::kRefused:
      if (!silent_since_) silent_since_ = opened_;
      GiveUp();
      return;
    case Answer::kNotYet:
      failure_.clear();
      if (!silent_since_) silent_since_ = opened_;
      if (now - opened_ >= kPatience) GiveUp();
      return;
  }
}

ListenerProbe::Answer ListenerProbe::GetAnswer() {
  const Answer connected = EndOurSide();
  if (!ended_) return connected;
  char byte = 0;
  if (recv(socket_, &byte, 1, MSG_DONTWAIT) >= 0) return Answer::kYes;
  if (errno == EAGAIN || errno == EINTR) return Answer::kNotYet;
  // A reset comes from a server that has taken the connection, too.
  return errno == ECONNRESET ? Answer::kYes : Fail(errno);
}

ListenerProbe::Answer ListenerProbe::Fail(int error) {
  if (error == ECONNREFUSED || error == ETIMEDOUT) {
    failure_.clear();
    return Answer::kRefused;
  }
  ForgetSilence(error);
  return Answer::kNotKnown;
}

void ListenerProbe::ForgetSilence(int error) {
  failure_ = std::generic_category().message(error);
  silent_since_.reset();
}

ListenerProbe::Answer ListenerProbe::EndOurSide() {
  if (ended_) return Answer::kNotYet;
  // Asked first: shutdown disconnects a socket that only tries to connect, and that reads as a
  // reset then.
  sockaddr_storage peer = {};
  socklen_t length = sizeof(peer);
  if (getpeername(socket_, reinterpret_cast<sockaddr*>(&peer), &length) == 0) {
    ended_ = shutdown(socket_, SHUT_WR) == 0;
    return Answer::kNotYet;
  }
  // A full queue of the listener leaves it so: the kernel passes over who wants to connect.
  int error = 0;
  length = sizeof(error);
  getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length);
  return error == 0 ? Answer::kNotYet : Fail(error);
}

void ListenerProbe::GiveUp() {
  Close();
  if (answers_ == 0) next_ = (next_ + 1) % addresses_.size();
}

void ListenerProbe::Close() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

}  // namespace atomstream
