// Entry: what a journal keeps under one sequence number: columns to find it by, and a payload that
// means nothing to the journal. Also what to ask a journal for. Plain values.
#ifndef ATOMSTREAM_SERVER_JOURNAL_ENTRY_H_
#define ATOMSTREAM_SERVER_JOURNAL_ENTRY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace atomstream {

// Columns. Texts are at most kMaxTextBytes long, times lie in the years 1678 … 2262, numbers are
// finite.
struct EntryKey {
  static constexpr size_t kMaxTextBytes = 1024;

  std::string frame_id;  // not empty
  int64_t frame_number = 0;
  absl::Time acquisition_time = absl::UnixEpoch();
  absl::Time result_time = absl::UnixEpoch();
  std::string detector;  // "log_star", …
  std::string origin;    // "source", "analyze"
  std::string material;
  bool ok = true;  // the detector did not fail
  int64_t atom_count = 0;
  std::optional<double> qc;
  std::optional<double> er;
  std::optional<double> f1;
  // Of the first entry of the same analysis of the frame; 0: this is the first.
  int64_t analysis_start = 0;
  // Content hash of the kept frame (Journal::KeepFrame), 32 bytes; empty: not kept.
  std::string frame_sha256;
};

struct NewEntry {
  static constexpr size_t kMaxPayloadBytes = size_t{64} << 20;

  EntryKey key;
  std::string payload;
};

// InvalidArgument names the field and its value.
absl::Status ValidateNewEntry(const NewEntry& entry);

struct Entry {
  int64_t sequence = 0;
  EntryKey key;
  std::string payload;  // empty when only the key was asked for
};

// What an entry must meet; what is not set does not matter.
struct EntryFilter {
  std::string frame_id;
  std::string detector;
  std::string origin;
  std::string material;
  std::optional<bool> ok;
  std::optional<absl::Time> acquired_from;    // >=
  std::optional<absl::Time> acquired_before;  // <
  std::optional<int64_t> min_atom_count;
  // An entry without the number does not meet a bound on it.
  std::optional<double> max_qc;
  std::optional<double> max_er;
  std::optional<double> min_f1;
};

bool Matches(const EntryFilter& filter, const EntryKey& key);

enum class EntryOrder { kOldestFirst, kNewestFirst };

struct PageRequest {
  EntryOrder order = EntryOrder::kOldestFirst;
  int64_t cursor = 0;           // EntryPage::cursor of the page before; 0: the first page
  int max_entries = 100;        // >= 1
  int64_t max_bytes = 8 << 20;  // a page ends at the entry that reaches them
  bool with_payload = true;
};

// InvalidArgument names the field and its value.
absl::Status ValidatePageRequest(const PageRequest& request);

struct EntryPage {
  std::vector<Entry> entries;
  std::vector<int64_t> damaged;  // sequence numbers of candidates that cannot be read any more
  int64_t cursor = 0;            // for the next page, which may be empty; 0: this was the last
};

// Sequence numbers of the oldest and newest kept entry; both 0 when there is none.
struct KeptRange {
  int64_t oldest = 0;
  int64_t newest = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_ENTRY_H_
