// AuditLog: who changed what, and when: one line for each act by which a caller steers the daemon
// or the microscope. Thread-safe; owned by the daemon, outlives everything that acts.
//
// Who acts does not wait for permission of the log: an act whose line cannot be written is done
// all the same, with a warning in the event log and a count. (Refusing it would let a full disk
// take the operator's hand off the instrument, and keep the beam from being blanked.)
#ifndef ATOMSTREAM_SERVER_AUDIT_AUDIT_LOG_H_
#define ATOMSTREAM_SERVER_AUDIT_AUDIT_LOG_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/clock.h"
#include "server/log/event_log.h"
#include "server/metrics/metric.h"

namespace atomstream {

// Any bytes.
struct AuditEntry {
  absl::string_view who;              // the caller's ShownName, and its address (CallerName)
  absl::string_view action;           // one word from a small set: "select", "update", "place", …
  absl::string_view text;             // what was done, for a person
  absl::string_view request_id = {};  // of the call that asked for it; empty: no call did
};

class AuditLog {
 public:
  virtual ~AuditLog() = default;

  virtual void Record(const AuditEntry& entry) = 0;
};

// All outlive the log.
struct AuditLogDependencies {
  const Clock* clock = nullptr;      // for stamps
  EventLog* log = nullptr;           // every line, and what goes wrong with the file
  Counter* lines_written = nullptr;  // to the file; with no file: to the event log
  Counter* lines_failed = nullptr;   // not written to the file
};

// `path` empty: the event log only. Otherwise each line is also appended to that file, which is
// opened for each, so that it may be moved away at any time.
std::unique_ptr<AuditLog> MakeAuditLog(const std::string& path, AuditLogDependencies dependencies);

// Whether lines could be appended to `path` now; changes nothing. InvalidArgument names
// "steering.audit_log" and the path.
absl::Status CheckAuditFile(const std::string& path);

// One line of the file, without its end: time (UTC, microseconds), action, who, text and request id
// ("-": none), separated by tabs. Control characters and backslashes are escaped, so that no caller
// can forge a line or a column.
std::string AuditLine(absl::Time time, const AuditEntry& entry);

// What is shown of a caller, in results, ledgers and lines: the name it was authenticated by,
// behind it what it calls itself: "cert:ana as night shift". Not authenticated: the claim.
std::string ShownName(absl::string_view authenticated, absl::string_view claim);

// "ana (ipv4:127.0.0.1:40112)"; an empty name is "unnamed".
std::string CallerName(absl::string_view name, absl::string_view address);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_AUDIT_AUDIT_LOG_H_
