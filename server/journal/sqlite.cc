#include "server/journal/sqlite.h"

#include <sqlite3.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/journal/page_check.h"

namespace atomstream {
namespace {

// How long a statement waits for a lock that some other program holds on the file.
constexpr int kBusyTimeoutMs = 1000;
// Virtual machine steps between two looks at the clock: some 0.1 ms.
constexpr int kStepsPerWatch = 5000;

bool IsNoSpace(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

absl::StatusCode CodeOf(int code, int system_error) {
  switch (code) {
    case SQLITE_IOERR_DATA:
    case SQLITE_IOERR_CORRUPTFS:
    case SQLITE_IOERR_SHORT_READ:
      return absl::StatusCode::kDataLoss;
    case SQLITE_IOERR_NOMEM:
    case SQLITE_IOERR_SHMSIZE:  // the shared-memory file cannot grow
      return absl::StatusCode::kResourceExhausted;
  }
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return IsNoSpace(system_error) ? absl::StatusCode::kResourceExhausted
                                     : absl::StatusCode::kUnavailable;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return absl::StatusCode::kUnavailable;
    case SQLITE_INTERRUPT:
      return absl::StatusCode::kDeadlineExceeded;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return absl::StatusCode::kPermissionDenied;
    case SQLITE_TOOBIG:
      return absl::StatusCode::kInvalidArgument;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& path, Mode mode) {
  RETURN_IF_ERROR(RegisterPageCheck());
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  switch (mode) {
    case Mode::kCreate:
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
      break;
    case Mode::kWrite:
      flags |= SQLITE_OPEN_READWRITE;
      break;
    case Mode::kRead:
      flags |= SQLITE_OPEN_READONLY;
      break;
  }
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, kPageCheckVfs);
  if (handle == nullptr) return absl::ResourceExhaustedError("no memory for a connection");
  std::unique_ptr<Database> database(new Database(handle, path));
  if (code != SQLITE_OK) return database->Error("open", code);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  if (mode == Mode::kCreate) {
    int reserved = kPageCheckBytes;
    const int set = sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    if (set != SQLITE_OK) return database->Error("reserve bytes", set);
  }
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

absl::Status Database::Execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(sql, code);
}

absl::StatusOr<int64_t> Database::QueryInt(absl::string_view sql) {
  Query query(this, sql);
  ASSIGN_OR_RETURN(const bool found, query.Step());
  if (!found) return absl::NotFoundError(absl::StrCat(path_, ": no row: ", sql));
  return query.Int(0);
}

absl::StatusOr<std::string> Database::QueryText(absl::string_view sql) {
  Query query(this, sql);
  ASSIGN_OR_RETURN(const bool found, query.Step());
  if (!found) return absl::NotFoundError(absl::StrCat(path_, ": no row: ", sql));
  return query.Bytes(0);
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

absl::Status Database::EmptyLog() {
  sqlite3_busy_timeout(handle_, 0);
  const int code =
      sqlite3_wal_checkpoint_v2(handle_, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
  if (code == SQLITE_OK || code == SQLITE_BUSY) return absl::OkStatus();
  return Error("empty the log", code);
}

absl::Status Database::EmptyLogOnClose() {
  const int code = sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error("configure", code);
}

void Database::SetDeadline(const Clock* clock, absl::Time deadline) {
  clock_ = clock;
  deadline_ = deadline;
  sqlite3_progress_handler(handle_, kStepsPerWatch, &Database::Watch, this);
}

void Database::ClearDeadline() { sqlite3_progress_handler(handle_, 0, nullptr, nullptr); }

int Database::Watch(void* database) {
  const auto* self = static_cast<const Database*>(database);
  return self->clock_->Now() > self->deadline_ ? 1 : 0;
}

absl::StatusOr<sqlite3_stmt*> Database::Prepare(absl::string_view sql) {
  const std::string key(sql);
  if (const auto found = statements_.find(key); found != statements_.end()) return found->second;
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, key.data(), static_cast<int>(key.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return Error(sql, code);
  statements_.emplace(key, statement);
  return statement;
}

absl::Status Database::Error(absl::string_view what, int code) const {
  const int system_error = sqlite3_system_errno(handle_);
  const absl::StatusCode status = CodeOf(code, system_error);
  return absl::Status(
      status, absl::StrCat(path_, ": ", what.substr(0, 80), ": ", sqlite3_errstr(code), " (",
                           sqlite3_errmsg(handle_), ", code ", code, ")"));
}

Query::Query(Database* database, absl::string_view sql) : database_(database) {
  auto statement = database->Prepare(sql);
  if (statement.ok()) {
    statement_ = *statement;
  } else {
    status_ = std::move(statement).status();
  }
}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::Note(int code) {
  if (code != SQLITE_OK && status_.ok()) status_ = database_->Error("bind", code);
}

Query& Query::Bind(int64_t value) {
  if (status_.ok()) Note(sqlite3_bind_int64(statement_, next_parameter_++, value));
  return *this;
}

Query& Query::BindReal(double value) {
  if (status_.ok()) Note(sqlite3_bind_double(statement_, next_parameter_++, value));
  return *this;
}

Query& Query::BindText(absl::string_view value) {
  if (status_.ok()) {
    Note(sqlite3_bind_text64(statement_, next_parameter_++, value.data() ? value.data() : "",
                             value.size(), SQLITE_STATIC, SQLITE_UTF8));
  }
  return *this;
}

Query& Query::BindBlob(absl::string_view value) {
  if (status_.ok()) {
    Note(sqlite3_bind_blob64(statement_, next_parameter_++, value.data() ? value.data() : "",
                             value.size(), SQLITE_STATIC));
  }
  return *this;
}

Query& Query::BindNull() {
  if (status_.ok()) Note(sqlite3_bind_null(statement_, next_parameter_++));
  return *this;
}

absl::StatusOr<bool> Query::Step() {
  RETURN_IF_ERROR(status_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  status_ = database_->Error(sqlite3_sql(statement_), code);
  return status_;
}

absl::Status Query::Run() {
  ASSIGN_OR_RETURN(const bool row, Step());
  return row ? absl::InternalError("a statement without rows gave one") : absl::OkStatus();
}

bool Query::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

int64_t Query::Int(int column) const { return sqlite3_column_int64(statement_, column); }

double Query::Real(int column) const { return sqlite3_column_double(statement_, column); }

std::string Query::Bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  if (bytes == nullptr) return "";
  return std::string(static_cast<const char*>(bytes), sqlite3_column_bytes(statement_, column));
}

Transaction::~Transaction() {
  // What it says is of no use: if it fails, the next Begin tries again.
  if (database_->in_transaction()) database_->Execute("ROLLBACK").IgnoreError();
}

absl::Status Transaction::Begin(const char* sql) {
  if (database_->in_transaction()) RETURN_IF_ERROR(database_->Execute("ROLLBACK"));
  Query query(database_, sql);
  return query.Run();
}

absl::Status Transaction::BeginWrite() { return Begin("BEGIN IMMEDIATE"); }

absl::Status Transaction::BeginRead() { return Begin("BEGIN"); }

absl::Status Transaction::Commit() {
  Query query(database_, "COMMIT");
  return query.Run();
}

}  // namespace atomstream
