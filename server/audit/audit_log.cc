#include "server/audit/audit_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/mutex.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

// Appends `text` (which may be empty) in one write, so that lines of several processes do not mix.
absl::Status AppendTo(const std::string& path, absl::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) return absl::UnavailableError(std::strerror(errno));
  absl::Status status;
  if (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0) {
      status = absl::UnavailableError(std::strerror(errno));
    } else if (static_cast<size_t>(written) < text.size()) {
      status = absl::UnavailableError("only a part of the line was written");
    }
  }
  if (close(file) != 0 && status.ok()) status = absl::UnavailableError(std::strerror(errno));
  return status;
}

class FileAuditLog final : public AuditLog {
 public:
  FileAuditLog(std::string path, AuditLogDependencies dependencies)
      : path_(std::move(path)), deps_(dependencies) {}

  void Record(absl::string_view who, absl::string_view action, absl::string_view text) override {
    MutexLock lock(&mutex_);  // lines in the order of their stamps
    const std::string line = AuditLine(deps_.clock->Now(), who, action, text);
    deps_.log->Info(absl::StrCat("audit: ", line));
    const absl::Status status =
        path_.empty() ? absl::OkStatus() : AppendTo(path_, absl::StrCat(line, "\n"));
    (status.ok() ? deps_.lines_written : deps_.lines_failed)->Increment();
    if (!status.ok()) {
      deps_.log->Warning(absl::StrCat("steering.audit_log = ", path_,
                                      ": a line was not written: ", status.message()));
    }
  }

 private:
  const std::string path_;
  const AuditLogDependencies deps_;
  Mutex mutex_;
};

// Bytes from 0x80 on stay: names are UTF-8.
std::string Escaped(absl::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      result += "\\\\";
    } else if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppendFormat(&result, "\\x%02x", byte);
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditLog>> MakeAuditLog(const std::string& path,
                                                       AuditLogDependencies dependencies) {
  if (!path.empty()) {
    const absl::Status writable = AppendTo(path, "");
    if (!writable.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "steering.audit_log = ", path, ": cannot be opened for writing: ", writable.message()));
    }
  }
  return std::make_unique<FileAuditLog>(path, dependencies);
}

std::string AuditLine(absl::Time time, absl::string_view who, absl::string_view action,
                      absl::string_view text) {
  return absl::StrCat(absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone()), "\t",
                      Escaped(action), "\t", Escaped(who), "\t", Escaped(text));
}

std::string CallerName(absl::string_view name, absl::string_view address) {
  return absl::StrCat(name.empty() ? "unnamed" : name, " (", address, ")");
}

}  // namespace atomstream
