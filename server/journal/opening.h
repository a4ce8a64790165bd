// Opening a journal's file: what is checked, what is done when something is wrong, and what the
// opener is told of it. Used by Journal::Open alone, which holds the lock.
#ifndef ATOMSTREAM_SERVER_JOURNAL_OPENING_H_
#define ATOMSTREAM_SERVER_JOURNAL_OPENING_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "server/journal/epochs.h"
#include "server/journal/sqlite.h"

namespace atomstream {

// What Journal::Open found and did.
struct OpeningReport {
  bool created = false;   // a new file, and a new epoch
  int migrated_from = 0;  // the schema version that was there; 0: it was the newest
  // Why a new epoch began with what was there, and the one that ended; empty: it goes on in its
  // own.
  std::string new_epoch_why;
  std::string ended_epoch;
  // What was wrong with the files that were there, and their new name; empty: nothing was.
  std::string damage;
  std::string moved_to;
  // False: the time for the check ran out. What was not looked at is checked whenever it is read.
  bool check_complete = true;
  absl::Duration check_duration;
};

struct PreparedFile {
  std::unique_ptr<Database> writer;
  Epochs epochs;
  OpeningReport report;
};

// The write-ahead log is mostly smaller, about 4 MiB.
inline constexpr int64_t kMaxLogBytes = int64_t{16} << 20;

// How the files of a journal at `path` are called.
std::string LogPath(const std::string& path);
std::string LockPath(const std::string& path);
std::string MarkPath(const std::string& path);
std::string FramesPath(const std::string& path);

// A file that is damaged, with all that belongs to it, is moved aside and another one made. One
// whose mark does not say that it goes on here (mark.h) begins a new epoch, the same way whether it
// was restored or moved to another disk.
// FailedPrecondition: it is of a newer version, or no journal at all: nothing is touched.
absl::StatusOr<PreparedFile> PrepareFile(const std::string& path, absl::Duration check_time,
                                         const Clock& clock, const Clock& steady_clock,
                                         const std::function<std::string()>& make_epoch);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_OPENING_H_
