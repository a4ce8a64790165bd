#include "server/journal/opening.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/journal/entry_reader.h"
#include "server/journal/epochs.h"
#include "server/journal/files.h"
#include "server/journal/mark.h"
#include "server/journal/page_check.h"
#include "server/journal/schema.h"

namespace atomstream {
namespace {

// Up to this size SQLite's own check is run, which cannot be stopped; it reads some 100 MB a second
// or more. Larger files are read page by page as far as the time goes.
constexpr int64_t kQuickCheckBytes = int64_t{64} << 20;
// The write-ahead log is brought into the main file when it has so many pages, and kept for reuse
// up to kMaxLogBytes.
constexpr char kWriterSettings[] =
    "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000; "
    "PRAGMA secure_delete = OFF; "
    "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0";

std::vector<std::string> Suffixes() { return {"", "-wal", "-shm", "-journal", ".mark", ".frames"}; }

// True if the file says that it is a journal. Only its first bytes are looked at.
bool SaysJournal(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  unsigned char id[4] = {};
  const ssize_t size = pread(file, id, sizeof(id), 68);  // SQLite's application_id
  close(file);
  int64_t value = 0;
  for (const unsigned char byte : id) value = value << 8 | byte;
  return size == sizeof(id) && value == kJournalApplicationId;
}

// Whether there is a file to open. DataLoss: there was one.
absl::StatusOr<bool> FindFile(const std::string& path) {
  const auto mark = Mark::Read(MarkPath(path));
  const int64_t acknowledged = mark.ok() ? mark->sequence : 0;
  if (SizeOf(path) == 0) {
    if (acknowledged > 0) {
      return absl::DataLossError(
          absl::StrCat(path, ": is missing or empty, but had ", acknowledged, " entries"));
    }
    if (SizeOf(LogPath(path)) > 0) {
      return absl::DataLossError(
          absl::StrCat(path, ": is missing or empty, but its write-ahead log is there"));
    }
    return false;
  }
  if (!SaysJournal(path) && !mark.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, ": is no journal of atomstream; it is left as it is, choose another path"));
  }
  return true;
}

absl::Status CreateFile(const std::string& path, const std::string& epoch) {
  const std::string fresh = path + ".new";
  for (const char* suffix : {"", "-journal"}) std::remove((fresh + suffix).c_str());
  // Left by an earlier file that had lost nothing.
  for (const char* suffix : {"-wal", "-shm", "-journal"}) std::remove((path + suffix).c_str());
  {
    ASSIGN_OR_RETURN(const auto database, Database::Open(fresh, Database::Mode::kCreate));
    RETURN_IF_ERROR(database->Execute("PRAGMA synchronous = FULL"));
    RETURN_IF_ERROR(CreateSchema(database.get(), epoch));
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return FileError("rename", fresh, errno);
  return SyncFolderOf(path);
}

// Reads pages until all are read or the deadline is over: those of columns first, of payloads last.
absl::Status WalkPages(Database* database) {
  ASSIGN_OR_RETURN(const int64_t pages, database->QueryInt("PRAGMA page_count"));
  if (pages * kPageBytes <= kQuickCheckBytes) {
    ASSIGN_OR_RETURN(const std::string verdict, database->QueryText("PRAGMA quick_check(1)"));
    if (verdict != "ok") return absl::DataLossError(verdict);
  } else {
    RETURN_IF_ERROR(database->QueryInt("SELECT count(*) FROM dbstat").status());
  }
  return absl::OkStatus();
}

absl::Status CheckHoles(Database* database, const KeptRange& range) {
  ASSIGN_OR_RETURN(const int64_t count, database->QueryInt("SELECT count(*) FROM entry"));
  const int64_t expected = range.newest == 0 ? 0 : range.newest - range.oldest + 1;
  if (count == expected && (count == 0 || range.oldest >= 1)) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("has ", count, " entries from ", range.oldest, " to ",
                                          range.newest, ": some are missing"));
}

// The cheap checks, which are always made: both ends, and the mark.
absl::Status CheckEnds(Database* database, const std::string& path, const Epochs& epochs,
                       const KeptRange& range) {
  EntryReader reader(database, epochs);
  for (const int64_t sequence : {range.oldest, range.newest}) {
    if (sequence > 0) RETURN_IF_ERROR(reader.Read(sequence).status());
  }
  if (epochs.last_earlier() > range.newest) {
    return absl::DataLossError(absl::StrCat("ends with entry ", range.newest, ", but ",
                                            epochs.last_earlier(), " is of an earlier epoch"));
  }
  const auto mark = Mark::Read(MarkPath(path));
  if (mark.ok() && mark->epoch == epochs.present() && mark->sequence > range.newest) {
    return absl::DataLossError(absl::StrCat("ends with entry ", range.newest, ", but ",
                                            mark->sequence, " had been acknowledged"));
  }
  return absl::OkStatus();
}

absl::Status CheckContent(const std::string& path, const Clock& steady_clock, absl::Time deadline,
                          PreparedFile& prepared) {
  Database* database = prepared.writer.get();
  RETURN_IF_ERROR(CheckSchema(database));
  ASSIGN_OR_RETURN(prepared.epochs, ReadEpochs(database));
  ASSIGN_OR_RETURN(const KeptRange range, EntryReader(database, prepared.epochs).Range());
  RETURN_IF_ERROR(CheckEnds(database, path, prepared.epochs, range));
  // In this order: what the time is most likely to run out for comes last.
  database->SetDeadline(&steady_clock, deadline);
  absl::Status status = CheckHoles(database, range);
  if (status.ok()) status = WalkPages(database);
  database->ClearDeadline();
  if (!absl::IsDeadlineExceeded(status)) return status;
  prepared.report.check_complete = false;
  return absl::OkStatus();
}

absl::StatusOr<PreparedFile> OpenChecked(const std::string& path, absl::Duration check_time,
                                         const Clock& steady_clock) {
  PreparedFile prepared;
  const absl::Time start = steady_clock.Now();
  ASSIGN_OR_RETURN(prepared.writer, Database::Open(path, Database::Mode::kWrite));
  Database* database = prepared.writer.get();
  ASSIGN_OR_RETURN(const std::string mode, database->QueryText("PRAGMA journal_mode = WAL"));
  if (mode != "wal") {
    return absl::FailedPreconditionError(absl::StrCat(
        path, ": the file system allows no write-ahead log; a journal needs a local one"));
  }
  RETURN_IF_ERROR(database->Execute(kWriterSettings));
  RETURN_IF_ERROR(database->Execute(absl::StrCat("PRAGMA journal_size_limit = ", kMaxLogBytes)));
  ASSIGN_OR_RETURN(const int version, MigrateSchema(database));
  if (version != kJournalSchemaVersion) prepared.report.migrated_from = version;
  RETURN_IF_ERROR(CheckContent(path, steady_clock, start + check_time, prepared));
  RETURN_IF_ERROR(database->EmptyLogOnClose());
  prepared.report.check_duration = steady_clock.Now() - start;
  return prepared;
}

// Why the mark does not say that the journal goes on here; empty: it does.
absl::StatusOr<std::string> WhyNewEpoch(const std::string& path, const std::string& epoch) {
  const auto mark = Mark::Read(MarkPath(path));
  if (absl::IsNotFound(mark.status())) return "its mark is missing";
  if (absl::IsDataLoss(mark.status())) return "its mark is damaged";
  RETURN_IF_ERROR(mark.status());
  if (mark->epoch != epoch) return absl::StrCat("its mark is of epoch ", mark->epoch);
  ASSIGN_OR_RETURN(const FileIdentity file, IdentityOf(path));
  if (mark->file && !IsSameFile(*mark->file, file)) return "it is a copy";
  return "";
}

// In this order, so that a crash in between leaves a mark that does not say that it goes on: the
// new epoch is committed here, and Journal::Open writes its mark.
absl::Status BeginEpochIfNeeded(const std::string& path,
                                const std::function<std::string()>& make_epoch,
                                PreparedFile& prepared) {
  OpeningReport& report = prepared.report;
  ASSIGN_OR_RETURN(report.new_epoch_why, WhyNewEpoch(path, prepared.epochs.present()));
  if (report.new_epoch_why.empty()) return absl::OkStatus();
  report.ended_epoch = prepared.epochs.present();
  Database* database = prepared.writer.get();
  ASSIGN_OR_RETURN(const KeptRange range, EntryReader(database, prepared.epochs).Range());
  ASSIGN_OR_RETURN(prepared.epochs, BeginEpoch(database, range, make_epoch()));
  return absl::OkStatus();
}

}  // namespace

std::string LogPath(const std::string& path) { return path + "-wal"; }
std::string LockPath(const std::string& path) { return path + ".lock"; }
std::string MarkPath(const std::string& path) { return path + ".mark"; }
std::string FramesPath(const std::string& path) { return path + ".frames"; }

absl::StatusOr<PreparedFile> PrepareFile(const std::string& path, absl::Duration check_time,
                                         const Clock& clock, const Clock& steady_clock,
                                         const std::function<std::string()>& make_epoch) {
  OpeningReport report;
  auto found = FindFile(path);
  if (found.ok() && *found) {
    auto prepared = OpenChecked(path, check_time, steady_clock);
    if (prepared.ok()) {
      const absl::Status status = BeginEpochIfNeeded(path, make_epoch, *prepared);
      if (!status.ok()) prepared = status;
    }
    if (!absl::IsDataLoss(prepared.status())) return prepared;
    found = prepared.status();
  }
  if (absl::IsDataLoss(found.status())) {
    report.damage = std::string(found.status().message());
    ASSIGN_OR_RETURN(report.moved_to, MoveAside(path, Suffixes(), clock.Now()));
  } else {
    RETURN_IF_ERROR(found.status());
  }
  RETURN_IF_ERROR(CreateFile(path, make_epoch()));
  ASSIGN_OR_RETURN(PreparedFile prepared, OpenChecked(path, check_time, steady_clock));
  prepared.report.created = true;
  prepared.report.damage = std::move(report.damage);
  prepared.report.moved_to = std::move(report.moved_to);
  return prepared;
}

}  // namespace atomstream
