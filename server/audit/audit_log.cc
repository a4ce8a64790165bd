#include "server/audit/audit_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/mutex.h"

namespace atomstream {
namespace {

// Appends `text` in one write, so that lines of several processes do not mix.
absl::Status AppendTo(const std::string& path, absl::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) return absl::UnavailableError(std::strerror(errno));
  absl::Status status;
  const ssize_t written = write(file, text.data(), text.size());
  if (written < 0) {
    status = absl::UnavailableError(std::strerror(errno));
  } else if (static_cast<size_t>(written) < text.size()) {
    status = absl::UnavailableError("only a part of the line was written");
  }
  if (close(file) != 0 && status.ok()) status = absl::UnavailableError(std::strerror(errno));
  return status;
}

class FileAuditLog final : public AuditLog {
 public:
  FileAuditLog(std::string path, AuditLogDependencies dependencies)
      : path_(std::move(path)), deps_(dependencies) {}

  void Record(const AuditEntry& entry) override {
    MutexLock lock(&mutex_);  // lines in the order of their stamps
    const std::string line = AuditLine(deps_.clock->Now(), entry);
    const std::array<LogField, 2> more = {LogField{"action", entry.action},
                                          LogField{"caller", entry.who}};
    deps_.log->Write(
        LogLevel::kInfo, absl::StrCat("audit: ", entry.action, ": ", entry.text),
        {.component = "audit", .request_id = entry.request_id, .always = true, .more = more});
    const absl::Status status =
        path_.empty() ? absl::OkStatus() : AppendTo(path_, absl::StrCat(line, "\n"));
    (status.ok() ? deps_.lines_written : deps_.lines_failed)->Increment();
    if (!status.ok()) {
      deps_.log->Write(LogLevel::kWarning,
                       absl::StrCat("steering.audit_log = ", path_,
                                    ": a line was not written: ", status.message()),
                       {.component = "audit", .request_id = entry.request_id});
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

std::unique_ptr<AuditLog> MakeAuditLog(const std::string& path, AuditLogDependencies dependencies) {
  return std::make_unique<FileAuditLog>(path, dependencies);
}

absl::Status CheckAuditFile(const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  std::error_code error;
  const std::filesystem::path file(path);
  std::string what;
  if (std::filesystem::is_directory(file, error)) {
    what = "is a folder";
  } else {
    // Of a file that is not there yet its folder decides.
    const bool exists = std::filesystem::exists(file, error);
    const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
    if (access((exists ? file : folder).c_str(), W_OK) == 0) return absl::OkStatus();
    what = absl::StrCat("cannot be written: ", std::strerror(errno));
  }
  return absl::InvalidArgumentError(absl::StrCat("steering.audit_log = ", path, ": ", what));
}

std::string AuditLine(absl::Time time, const AuditEntry& entry) {
  return absl::StrCat(absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone()), "\t",
                      Escaped(entry.action), "\t", Escaped(entry.who), "\t", Escaped(entry.text),
                      "\t", entry.request_id.empty() ? "-" : Escaped(entry.request_id));
}

std::string ShownName(absl::string_view authenticated, absl::string_view claim) {
  if (authenticated.empty()) return std::string(claim);
  if (claim.empty()) return std::string(authenticated);
  return absl::StrCat(authenticated, " as ", claim);
}

std::string CallerName(absl::string_view name, absl::string_view address) {
  return absl::StrCat(name.empty() ? "unnamed" : name, " (", address, ")");
}

}  // namespace atomstream
