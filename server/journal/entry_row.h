// EntryRow: an entry as a row of the database, with the checksum over the row and, through its
// hash, over the payload. Whatever is read is compared with it, so that a row or payload that was
// changed, or put under another number or epoch, is DataLoss and never served. Any thread, with a
// Database of its own.
#ifndef ATOMSTREAM_SERVER_JOURNAL_ENTRY_ROW_H_
#define ATOMSTREAM_SERVER_JOURNAL_ENTRY_ROW_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/journal/entry.h"
#include "server/journal/epochs.h"
#include "server/journal/sqlite.h"

namespace atomstream {

// The columns of ReadEntryRow, for "SELECT <columns> FROM entry …".
extern const char kEntryColumns[];

struct EntryRow {
  int64_t sequence = 0;
  EntryKey key;
  std::string payload_sha256;
  int64_t bytes = 0;  // BytesOf
  // Of this entry and all before it in the epoch, kept or not: with it, what a range of entries
  // takes follows from its first and its last.
  int64_t total_bytes = 0;
};

// What an entry counts for in budgets: its payload and texts.
int64_t BytesOf(const NewEntry& entry);

absl::Status InsertEntry(Database* database, absl::string_view epoch, const EntryRow& row,
                         absl::string_view payload);

// The query's present row, whose first columns are kEntryColumns.
absl::StatusOr<EntryRow> ReadEntryRow(const Query& query, const Epochs& epochs);

absl::StatusOr<std::string> ReadPayload(Database* database, const EntryRow& row);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_ENTRY_ROW_H_
