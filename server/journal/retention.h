// Retention: which entries a journal keeps, and the one step that deletes those it does not.
//
// A step is one transaction over at most kStepEntries entries, and ends with the entry that makes
// it kStepBytes, so that an append behind it waits for that and one commit. Run by the owner of the
// writing connection.
#ifndef ATOMSTREAM_SERVER_JOURNAL_RETENTION_H_
#define ATOMSTREAM_SERVER_JOURNAL_RETENTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/journal/sqlite.h"

namespace atomstream {

// What meets all three is kept, the oldest entries go first; the newest one is kept in any case, so
// that a journal always knows how far it is. 0 and infinite: no bound.
struct Retention {
  int64_t max_entries = 0;
  int64_t max_bytes = 0;                              // payloads and texts; the file is larger
  absl::Duration max_age = absl::InfiniteDuration();  // since EntryKey::result_time
};

// InvalidArgument names the field and its value.
absl::Status ValidateRetention(const Retention& retention);

struct RetentionStep {
  static constexpr int kStepEntries = 64;
  static constexpr int64_t kStepBytes = int64_t{8} << 20;

  int deleted = 0;
  int64_t deleted_bytes = 0;
  int64_t oldest = 0;  // now; 0: unchanged
  // Kept frames that the deleted entries referred to, each once.
  std::vector<std::string> frames;
};

// Inside a transaction of the caller's.
absl::StatusOr<RetentionStep> DeleteOldest(Database* database, const Retention& retention,
                                           absl::Time now);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_RETENTION_H_
