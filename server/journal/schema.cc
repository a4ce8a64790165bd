#include "server/journal/schema.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

// By version, the first is 1. Payloads have a table of their own so that whoever looks through the
// columns reads no payloads. Indexes end with the row's number, sequence.
const char* const kSteps[] = {
    R"sql(
CREATE TABLE property(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entry(
  sequence INTEGER PRIMARY KEY,
  frame_id TEXT NOT NULL,
  frame_number INTEGER NOT NULL,
  acquisition_time_ns INTEGER NOT NULL,
  result_time_ns INTEGER NOT NULL,
  detector TEXT NOT NULL,
  origin TEXT NOT NULL,
  material TEXT NOT NULL,
  ok INTEGER NOT NULL,
  atom_count INTEGER NOT NULL,
  qc REAL,
  er REAL,
  analysis_start INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  total_bytes INTEGER NOT NULL,
  payload_sha256 BLOB NOT NULL,
  checksum BLOB NOT NULL
);
CREATE INDEX entry_by_frame ON entry(frame_id);
CREATE INDEX entry_by_time ON entry(acquisition_time_ns);
CREATE INDEX entry_by_detector ON entry(detector);
CREATE INDEX entry_by_material ON entry(material);
CREATE TABLE payload(sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
)sql",
    R"sql(
ALTER TABLE entry ADD COLUMN f1 REAL;
ALTER TABLE entry ADD COLUMN frame_sha256 BLOB;
CREATE INDEX entry_by_kept_frame ON entry(frame_sha256) WHERE frame_sha256 IS NOT NULL;
CREATE TABLE kept_frame(
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  sha256 BLOB NOT NULL UNIQUE,
  frame_bytes INTEGER NOT NULL,
  file_bytes INTEGER NOT NULL,
  kept_time_ns INTEGER NOT NULL
);
)sql",
    R"sql(
CREATE TABLE earlier_epoch(last_sequence INTEGER PRIMARY KEY, epoch TEXT NOT NULL);
)sql",
};
static_assert(std::size(kSteps) == kJournalSchemaVersion);

const char* const kTables[] = {"property", "entry", "payload", "kept_frame", "earlier_epoch"};
const char* const kIndexes[] = {"entry_by_frame", "entry_by_time", "entry_by_detector",
                                "entry_by_material", "entry_by_kept_frame"};

absl::Status TakeStep(Database* database, int version) {
  RETURN_IF_ERROR(database->Execute(kSteps[version - 1]));
  return database->Execute(absl::StrCat("PRAGMA user_version = ", version));
}

absl::Status CheckNamed(Database* database, const char* type, const char* name) {
  Query query(database, "SELECT 1 FROM sqlite_schema WHERE type = ? AND name = ?");
  ASSIGN_OR_RETURN(const bool found, query.BindText(type).BindText(name).Step());
  if (found) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the ", type, " '", name, "' is missing"));
}

}  // namespace

absl::Status CreateSchema(Database* database, const std::string& epoch) {
  // The first two count only before the first table is made.
  RETURN_IF_ERROR(database->Execute("PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL"));
  Transaction transaction(database);
  RETURN_IF_ERROR(transaction.BeginWrite());
  RETURN_IF_ERROR(
      database->Execute(absl::StrCat("PRAGMA application_id = ", kJournalApplicationId)));
  for (int version = 1; version <= kJournalSchemaVersion; ++version) {
    RETURN_IF_ERROR(TakeStep(database, version));
  }
  {
    Query query(database, "INSERT INTO property(name, value) VALUES('epoch', ?)");
    RETURN_IF_ERROR(query.BindText(epoch).Run());
  }
  return transaction.Commit();
}

absl::StatusOr<int> MigrateSchema(Database* database) {
  ASSIGN_OR_RETURN(const int64_t application, database->QueryInt("PRAGMA application_id"));
  if (application != kJournalApplicationId) {
    return absl::DataLossError(absl::StrCat("application_id is ", application, ", not ",
                                            kJournalApplicationId, ": this is no journal"));
  }
  ASSIGN_OR_RETURN(const int64_t found, database->QueryInt("PRAGMA user_version"));
  if (found > kJournalSchemaVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("the journal has schema version ", found,
                     ", this program knows versions up to ", kJournalSchemaVersion,
                     ": it was written by a newer atomstream; use that one, or another "
                     "path"));
  }
  if (found < 1) {
    return absl::DataLossError(absl::StrCat("the journal has schema version ", found));
  }
  for (int version = static_cast<int>(found) + 1; version <= kJournalSchemaVersion; ++version) {
    Transaction transaction(database);
    RETURN_IF_ERROR(transaction.BeginWrite());
    RETURN_IF_ERROR(TakeStep(database, version));
    RETURN_IF_ERROR(transaction.Commit());
  }
  return static_cast<int>(found);
}

absl::Status CheckSchema(Database* database) {
  for (const char* table : kTables) RETURN_IF_ERROR(CheckNamed(database, "table", table));
  for (const char* index : kIndexes) RETURN_IF_ERROR(CheckNamed(database, "index", index));
  return absl::OkStatus();
}

}  // namespace atomstream
