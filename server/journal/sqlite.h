// Database, Query, Transaction: SQLite with absl::Status. For this folder only; the .cc file and
// page_check.cc are the ones that include sqlite3.h.
//
// A Database is one connection: one thread at a time. A Query is one use of a prepared statement,
// which its connection keeps for the next use: at most one Query of the same SQL lives at a time.
// Every file is read and written with page checksums (page_check.h).
//
// Errors: DataLoss: the file is damaged; ResourceExhausted: no space or memory; Unavailable: the
// disk or another process is in the way, worth another try; DeadlineExceeded: see SetDeadline.
#ifndef ATOMSTREAM_SERVER_JOURNAL_SQLITE_H_
#define ATOMSTREAM_SERVER_JOURNAL_SQLITE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/clock.h"

struct sqlite3;
struct sqlite3_stmt;

namespace atomstream {

class Database {
 public:
  enum class Mode { kCreate, kWrite, kRead };

  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path, Mode mode);
  ~Database();

  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Statements without results and parameters, separated by semicolons.
  absl::Status Execute(const std::string& sql);
  // The first column of the first row; NotFound when there is no row.
  absl::StatusOr<int64_t> QueryInt(absl::string_view sql);
  absl::StatusOr<std::string> QueryText(absl::string_view sql);

  bool in_transaction() const;

  // Brings the write-ahead log into the main file and empties it, without waiting for whoever
  // reads: if somebody does, it may stay as it is, which is no error.
  absl::Status EmptyLog();
  // The last connection that is closed brings the write-ahead log into the main file; without this
  // call it leaves both as they are.
  absl::Status EmptyLogOnClose();

  // From now on whatever takes longer than to `deadline` on `clock` ends with DeadlineExceeded.
  // The clock outlives the deadline. ClearDeadline takes it away.
  void SetDeadline(const Clock* clock, absl::Time deadline);
  void ClearDeadline();

 private:
  friend class Query;

  explicit Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}

  // The prepared statement for `sql`, made on first use.
  absl::StatusOr<sqlite3_stmt*> Prepare(absl::string_view sql);
  absl::Status Error(absl::string_view what, int code) const;
  static int Watch(void* database);

  sqlite3* const handle_;
  const std::string path_;
  std::unordered_map<std::string, sqlite3_stmt*> statements_;
  const Clock* clock_ = nullptr;
  absl::Time deadline_;
};

class Query {
 public:
  // An error in `sql` or in a Bind is reported by the first Step.
  Query(Database* database, absl::string_view sql);
  ~Query();

  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // The next parameter. Texts and blobs must outlive the Query.
  Query& Bind(int64_t value);
  Query& BindReal(double value);
  Query& BindText(absl::string_view value);
  Query& BindBlob(absl::string_view value);
  Query& BindNull();

  // True: there is a row, whose columns can be read until the next Step.
  absl::StatusOr<bool> Step();
  // For statements without rows.
  absl::Status Run();

  bool IsNull(int column) const;
  int64_t Int(int column) const;
  double Real(int column) const;
  std::string Bytes(int column) const;  // of a text or a blob

 private:
  void Note(int code);

  Database* const database_;
  sqlite3_stmt* statement_ = nullptr;
  absl::Status status_;
  int next_parameter_ = 1;
};

// BEGIN … COMMIT; rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database* database) : database_(database) {}
  ~Transaction();

  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  absl::Status BeginWrite();
  absl::Status BeginRead();
  absl::Status Commit();

 private:
  absl::Status Begin(const char* sql);

  Database* const database_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_SQLITE_H_
