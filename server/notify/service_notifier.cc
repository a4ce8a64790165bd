#include "server/notify/service_notifier.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace atomstream {
namespace {

constexpr LogFields kFields = {.component = "service", .always = true};

// A line ends an assignment.
std::string OneLine(absl::string_view text) { return absl::StrReplaceAll(text, {{"\n", " "}}); }

bool MakeAddress(const std::string& name, sockaddr_un* address, socklen_t* length) {
  *address = {};
  address->sun_family = AF_UNIX;
  if (name.size() < 2 || name.size() >= sizeof(address->sun_path)) return false;
  if (name[0] != '/' && name[0] != '@') return false;
  std::memcpy(address->sun_path, name.data(), name.size());
  if (name[0] == '@') address->sun_path[0] = '\0';
  *length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  return true;
}

}  // namespace

NotifyOptions NotifyOptionsFromEnvironment(const std::function<const char*(const char*)>& get,
                                           int pid) {
  NotifyOptions options;
  const char* socket = get("NOTIFY_SOCKET");
  if (socket == nullptr) return options;
  options.socket = socket;
  const char* limit = get("WATCHDOG_USEC");
  const char* watched = get("WATCHDOG_PID");
  int64_t limit_us = 0;
  int64_t watched_pid = pid;
  // A limit that was meant for a parent is none for us.
  if (limit == nullptr || !absl::SimpleAtoi(limit, &limit_us) || limit_us <= 0) return options;
  if (watched != nullptr && (!absl::SimpleAtoi(watched, &watched_pid) || watched_pid != pid)) {
    return options;
  }
  options.watched = true;
  options.watchdog_limit = absl::Microseconds(limit_us);
  return options;
}

ServiceNotifier::ServiceNotifier(NotifyOptions options, const Clock* steady_clock, EventLog* log)
    : options_(std::move(options)), clock_(*steady_clock), log_(*log) {
  if (options_.socket.empty()) return;
  if (options_.watched && options_.watchdog_limit < kLeastWatchdogLimit) {
    log_.Write(LogLevel::kWarning,
               absl::StrCat("WATCHDOG_USEC = ", absl::ToInt64Microseconds(options_.watchdog_limit),
                            ": the service manager may end a daemon that is well; WatchdogSec "
                            "should be at least ",
                            absl::FormatDuration(kLeastWatchdogLimit)),
               kFields);
  }
  socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  timeval timeout = absl::ToTimeval(kSendTimeout);
  if (socket_ >= 0) setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
}

ServiceNotifier::~ServiceNotifier() {
  if (socket_ >= 0) close(socket_);
}

void ServiceNotifier::Ready(absl::string_view status) {
  MutexLock lock(&mutex_);
  if (stopping_) return;  // a reload was still being done
  status_ = OneLine(status);
  Send(absl::StrCat("READY=1\nSTATUS=", status_));
}

void ServiceNotifier::Reloading() {
  MutexLock lock(&mutex_);
  if (stopping_) return;
  // The manager tells by the time which READY=1 belongs to this.
  Send(absl::StrCat(
      "RELOADING=1\nMONOTONIC_USEC=", absl::ToInt64Microseconds(clock_.Now() - absl::UnixEpoch()),
      "\nSTATUS=reading the configuration"));
}

void ServiceNotifier::Stopping(absl::Duration deadline) {
  MutexLock lock(&mutex_);
  stopping_ = true;
  Send(absl::StrCat("STOPPING=1\nEXTEND_TIMEOUT_USEC=", absl::ToInt64Microseconds(deadline),
                    "\nSTATUS=finishing the frames inside"));
}

void ServiceNotifier::Report(bool gets_on, absl::string_view why_not) {
  MutexLock lock(&mutex_);
  if (socket_ < 0 || stopping_) return;
  if (gets_on != stands_still_) {
    if (gets_on && options_.watched) Send("WATCHDOG=1");
    return;
  }
  stands_still_ = !gets_on;
  if (gets_on) {
    log_.Write(LogLevel::kInfo, "the daemon gets on again", kFields);
    Send(absl::StrCat(options_.watched ? "WATCHDOG=1\n" : "", "STATUS=", status_));
    return;
  }
  log_.Write(
      LogLevel::kWarning,
      absl::StrCat("the daemon stands still: ", why_not,
                   options_.watched ? "; no more signs of life for the service manager, which "
                                      "will start the daemon anew"
                                    : ""),
      kFields);
  Send(absl::StrCat("STATUS=stands still: ", OneLine(why_not)));
}

void ServiceNotifier::Send(absl::string_view message) {
  if (socket_ < 0) return;
  sockaddr_un address;
  socklen_t length = 0;
  std::string why;
  if (!MakeAddress(options_.socket, &address, &length)) {
    why = "must be a path or an abstract name";
  } else if (sendto(socket_, message.data(), message.size(), MSG_NOSIGNAL,
                    reinterpret_cast<sockaddr*>(&address), length) < 0) {
    why = std::strerror(errno);
  }
  // Once: it will be so again each second.
  if (!why.empty() && !send_failed_) {
    log_.Write(LogLevel::kWarning,
               absl::StrCat("NOTIFY_SOCKET = ", options_.socket,
                            ": cannot tell the service manager: ", why),
               kFields);
  }
  send_failed_ = !why.empty();
}

}  // namespace atomstream
