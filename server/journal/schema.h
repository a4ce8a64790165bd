// The tables of a journal, their version, and the way from each version to the next.
//
// Version 1: entries and payloads. Version 2: kept frames, and F1 among the quality numbers.
// Version 3: earlier epochs.
// A version is never changed once it has been used; another one is added behind it.
#ifndef ATOMSTREAM_SERVER_JOURNAL_SCHEMA_H_
#define ATOMSTREAM_SERVER_JOURNAL_SCHEMA_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/sqlite.h"

namespace atomstream {

// SQLite's application_id: "AtJn".
inline constexpr int64_t kJournalApplicationId = 0x41744a6e;
inline constexpr int kJournalSchemaVersion = 3;

// Gives an empty database the newest schema and this epoch.
absl::Status CreateSchema(Database* database, const std::string& epoch);

// Brings an older database to the newest version, each step in a transaction of its own, and
// returns the version it had. FailedPrecondition: it is of a newer version than this program.
absl::StatusOr<int> MigrateSchema(Database* database);

// DataLoss: it is no journal, or a table or index is missing.
absl::Status CheckSchema(Database* database);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_SCHEMA_H_
