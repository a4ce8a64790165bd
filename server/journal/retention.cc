#include "server/journal/retention.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

struct Newest {
  int64_t sequence = 0;
  int64_t total_bytes = 0;
};

struct Candidate {
  int64_t sequence = 0;
  int64_t bytes = 0;
  int64_t total_bytes = 0;
  absl::Time result_time;
  std::string frame_sha256;
};

absl::StatusOr<Newest> FindNewest(Database* database) {
  Query query(database, "SELECT sequence, total_bytes FROM entry ORDER BY sequence DESC LIMIT 1");
  ASSIGN_OR_RETURN(const bool found, query.Step());
  return found ? Newest{query.Int(0), query.Int(1)} : Newest();
}

absl::StatusOr<std::vector<Candidate>> FindOldest(Database* database, int64_t before) {
  Query query(database,
              "SELECT sequence, bytes, total_bytes, result_time_ns, frame_sha256 FROM entry "
              "WHERE sequence < ? ORDER BY sequence LIMIT ?");
  query.Bind(before).Bind(RetentionStep::kStepEntries);
  std::vector<Candidate> candidates;
  while (true) {
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) return candidates;
    candidates.push_back({query.Int(0), query.Int(1), query.Int(2),
                          absl::FromUnixNanos(query.Int(3)), query.Bytes(4)});
  }
}

bool MustGo(const Candidate& oldest, const Newest& newest, const Retention& retention,
            absl::Time now) {
  if (retention.max_entries > 0 && newest.sequence - oldest.sequence + 1 > retention.max_entries) {
    return true;
  }
  if (retention.max_bytes > 0 &&
      newest.total_bytes - oldest.total_bytes + oldest.bytes > retention.max_bytes) {
    return true;
  }
  return oldest.result_time < now - retention.max_age;
}

}  // namespace

absl::Status ValidateRetention(const Retention& retention) {
  if (retention.max_entries < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_entries = ", retention.max_entries, ": must not be negative"));
  }
  if (retention.max_bytes < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_bytes = ", retention.max_bytes, ": must not be negative"));
  }
  if (retention.max_age <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_age = ", absl::FormatDuration(retention.max_age), ": must be positive"));
  }
  return absl::OkStatus();
}

absl::StatusOr<RetentionStep> DeleteOldest(Database* database, const Retention& retention,
                                           absl::Time now) {
  ASSIGN_OR_RETURN(const Newest newest, FindNewest(database));
  ASSIGN_OR_RETURN(const std::vector<Candidate> candidates, FindOldest(database, newest.sequence));
  RetentionStep step;
  for (const Candidate& oldest : candidates) {
    if (step.deleted_bytes >= RetentionStep::kStepBytes ||
        !MustGo(oldest, newest, retention, now)) {
      break;
    }
    Query payload(database, "DELETE FROM payload WHERE sequence = ?");
    RETURN_IF_ERROR(payload.Bind(oldest.sequence).Run());
    Query entry(database, "DELETE FROM entry WHERE sequence = ?");
    RETURN_IF_ERROR(entry.Bind(oldest.sequence).Run());
    step.deleted_bytes += oldest.bytes;
    ++step.deleted;
    step.oldest = oldest.sequence + 1;
    const std::string& frame = oldest.frame_sha256;
    if (!frame.empty() &&
        std::find(step.frames.begin(), step.frames.end(), frame) == step.frames.end()) {
      step.frames.push_back(frame);
    }
  }
  return step;
}

}  // namespace atomstream
