// ServiceNotifier: tells the service manager (systemd, sd_notify(3)) how the daemon is: ready,
// reloading, stopping, and, as long as it gets on, alive. A daemon that is no longer said
// to be alive is ended and started anew by the manager.
//
// Without a manager, which is told by the environment, nothing is sent. Owned by main; thread-safe.
// A manager that takes nothing in is waited for at most kSendTimeout a message.
#ifndef ATOMSTREAM_SERVER_NOTIFY_SERVICE_NOTIFIER_H_
#define ATOMSTREAM_SERVER_NOTIFY_SERVICE_NOTIFIER_H_

#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "server/log/event_log.h"

namespace atomstream {

struct NotifyOptions {
  std::string socket;    // path, or "@" and an abstract name; empty: there is no manager
  bool watched = false;  // the manager wants signs of life
  absl::Duration watchdog_limit = {};  // from one to the next, at most
};

// From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. `get` is like std::getenv; `pid` our own.
NotifyOptions NotifyOptionsFromEnvironment(const std::function<const char*(const char*)>& get,
                                           int pid);

class ServiceNotifier {
 public:
  static constexpr absl::Duration kSendTimeout = absl::Milliseconds(500);
  // Signs of life come each second, when the machine is not too busy for it.
  static constexpr absl::Duration kLeastWatchdogLimit = absl::Seconds(5);

  // The clock and the log outlive the notifier.
  ServiceNotifier(NotifyOptions options, const Clock* steady_clock, EventLog* log);
  ~ServiceNotifier();
  ServiceNotifier(const ServiceNotifier&) = delete;
  ServiceNotifier& operator=(const ServiceNotifier&) = delete;

  // The daemon serves; again after Reloading.
  void Ready(absl::string_view status);

  void Reloading();

  // The daemon ends within `deadline`, if it can.
  void Stopping(absl::Duration deadline);

  // Whether the daemon gets on, or has nothing to do: a sign of life if so, and none otherwise.
  // To be called several times in watchdog_limit. `why_not` is for a person.
  void Report(bool gets_on, absl::string_view why_not);

 private:
  void Send(absl::string_view message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const NotifyOptions options_;
  const Clock& clock_;
  EventLog& log_;
  Mutex mutex_;
  int socket_ ABSL_GUARDED_BY(mutex_) = -1;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool stands_still_ ABSL_GUARDED_BY(mutex_) = false;
  bool send_failed_ ABSL_GUARDED_BY(mutex_) = false;
  std::string status_ ABSL_GUARDED_BY(mutex_);  // as Ready was told
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_NOTIFY_SERVICE_NOTIFIER_H_
