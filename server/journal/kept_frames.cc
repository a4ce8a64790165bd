#include "server/journal/kept_frames.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

struct FoundRow {
  int64_t number = 0;  // 0: there is none
  int64_t frame_bytes = 0;
  int64_t file_bytes = 0;
};

absl::StatusOr<FoundRow> Find(Database* database, absl::string_view sha256) {
  Query query(database, "SELECT number, frame_bytes, file_bytes FROM kept_frame WHERE sha256 = ?");
  ASSIGN_OR_RETURN(const bool found, query.BindBlob(sha256).Step());
  return found ? FoundRow{query.Int(0), query.Int(1), query.Int(2)} : FoundRow();
}

absl::StatusOr<bool> IsReferenced(Database* database, absl::string_view sha256) {
  Query query(database,
              "SELECT 1 FROM entry INDEXED BY entry_by_kept_frame WHERE frame_sha256 = ? LIMIT 1");
  return query.BindBlob(sha256).Step();
}

absl::Status DeleteRow(Database* database, absl::string_view sha256) {
  Query query(database, "DELETE FROM kept_frame WHERE sha256 = ?");
  return query.BindBlob(sha256).Run();
}

absl::Status InsertRow(Database* database, absl::string_view sha256, int64_t frame_bytes,
                       int64_t file_bytes, absl::Time now) {
  Query query(database,
              "INSERT INTO kept_frame(sha256, frame_bytes, file_bytes, kept_time_ns) "
              "VALUES(?, ?, ?, ?)");
  return query.BindBlob(sha256)
      .Bind(frame_bytes)
      .Bind(file_bytes)
      .Bind(absl::ToUnixNanos(now))
      .Run();
}

}  // namespace

absl::Status KeptFrames::Load() {
  WriterVisit visit(gate_, WriterTurn::kLast);
  Query query(writer_, "SELECT count(*), total(file_bytes), max(number) FROM kept_frame");
  RETURN_IF_ERROR(query.Step().status());
  frames_ = query.Int(0);
  file_bytes_ = query.Int(1);
  sweep_up_to_ = newest_at_sweep_start_ = query.Int(2);
  sweep_start_ = steady_clock_->Now();
  return absl::OkStatus();
}

absl::Status KeptFrames::Add(absl::string_view sha256, int64_t frame_bytes,
                             absl::string_view encoded) {
  const auto bytes = static_cast<int64_t>(encoded.size());
  if (bytes > max_bytes()) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "frame: takes ", bytes, " bytes, the budget for kept frames is ", max_bytes()));
  }
  while (file_bytes_ + bytes > max_bytes()) {
    const int64_t before = file_bytes_;
    RETURN_IF_ERROR(EvictPiece(bytes));
    if (file_bytes_ == before) break;  // nothing is left to make room
  }
  const bool is_there = files_.Has(sha256);
  if (!is_there) RETURN_IF_ERROR(files_.Write(sha256, encoded));
  absl::Status status = PutRow(sha256, frame_bytes, bytes);
  if (!status.ok() && !is_there) status.Update(files_.Remove(sha256));
  return status;
}

absl::StatusOr<bool> KeptFrames::Renew(absl::string_view sha256) {
  FoundRow row;
  {
    WriterVisit visit(gate_, WriterTurn::kLast);
    ASSIGN_OR_RETURN(row, Find(writer_, sha256));
  }
  if (row.number == 0 || !files_.Has(sha256)) return false;
  RETURN_IF_ERROR(PutRow(sha256, row.frame_bytes, row.file_bytes));
  return true;
}

absl::Status KeptFrames::PutRow(absl::string_view sha256, int64_t frame_bytes, int64_t file_bytes) {
  WriterVisit visit(gate_, WriterTurn::kLast);
  Transaction transaction(writer_);
  RETURN_IF_ERROR(transaction.BeginWrite());
  ASSIGN_OR_RETURN(const FoundRow earlier, Find(writer_, sha256));
  RETURN_IF_ERROR(DeleteRow(writer_, sha256));
  RETURN_IF_ERROR(InsertRow(writer_, sha256, frame_bytes, file_bytes, clock_->Now()));
  RETURN_IF_ERROR(transaction.Commit());
  frames_ += earlier.number == 0 ? 1 : 0;
  file_bytes_ += file_bytes - earlier.file_bytes;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<KeptFrames::Row>> KeptFrames::DeleteUnreferenced(
    const std::vector<std::string>& frames) {
  std::vector<Row> rows;
  for (const std::string& sha256 : frames) {
    ASSIGN_OR_RETURN(const bool referenced, IsReferenced(writer_, sha256));
    if (referenced) continue;
    ASSIGN_OR_RETURN(const FoundRow found, Find(writer_, sha256));
    if (found.number == 0) continue;
    RETURN_IF_ERROR(DeleteRow(writer_, sha256));
    rows.push_back({sha256, found.file_bytes});
  }
  return rows;
}

absl::Status KeptFrames::Forget(const std::vector<Row>& rows) {
  absl::Status status;
  for (const Row& row : rows) {
    frames_ -= 1;
    file_bytes_ -= row.file_bytes;
    status.Update(files_.Remove(row.sha256));
  }
  return status;
}

absl::Status KeptFrames::EvictPiece(int64_t more_bytes) {
  std::vector<Row> rows;
  {
    WriterVisit visit(gate_, WriterTurn::kLast);
    Transaction transaction(writer_);
    RETURN_IF_ERROR(transaction.BeginWrite());
    {
      Query query(writer_, "SELECT sha256, file_bytes FROM kept_frame ORDER BY number LIMIT ?");
      query.Bind(kPieceFrames);
      for (int64_t left = file_bytes_; left + more_bytes > max_bytes_;) {
        ASSIGN_OR_RETURN(const bool found, query.Step());
        if (!found) break;
        rows.push_back({query.Bytes(0), query.Int(1)});
        left -= rows.back().file_bytes;
      }
    }
    for (const Row& row : rows) RETURN_IF_ERROR(DeleteRow(writer_, row.sha256));
    RETURN_IF_ERROR(transaction.Commit());
  }
  return Forget(rows);
}

absl::Status KeptFrames::Sweep(int subfolder) {
  ASSIGN_OR_RETURN(const std::vector<std::string> frames, files_.List(subfolder));
  for (size_t begin = 0; begin < frames.size(); begin += kPieceFrames) {
    const size_t end = std::min(frames.size(), begin + kPieceFrames);
    RETURN_IF_ERROR(SweepPiece({frames.begin() + static_cast<std::ptrdiff_t>(begin),
                                frames.begin() + static_cast<std::ptrdiff_t>(end)}));
  }
  return absl::OkStatus();
}

absl::Status KeptFrames::SweepPiece(const std::vector<std::string>& frames) {
  std::vector<Row> rows;
  std::vector<std::string> orphans;
  {
    WriterVisit visit(gate_, WriterTurn::kLast);
    Transaction transaction(writer_);
    RETURN_IF_ERROR(transaction.BeginWrite());
    std::vector<std::string> old;
    for (const std::string& sha256 : frames) {
      ASSIGN_OR_RETURN(const FoundRow found, Find(writer_, sha256));
      if (found.number == 0) {
        orphans.push_back(sha256);
      } else if (found.number <= sweep_up_to_) {
        old.push_back(sha256);
      }
    }
    ASSIGN_OR_RETURN(rows, DeleteUnreferenced(old));
    RETURN_IF_ERROR(transaction.Commit());
  }
  for (const std::string& sha256 : orphans) RETURN_IF_ERROR(files_.Remove(sha256));
  return Forget(rows);
}

absl::StatusOr<bool> KeptFrames::SweepIsDue() {
  if (next_to_sweep_ < FrameFiles::kSubfolders) return true;
  const absl::Time now = steady_clock_->Now();
  if (now - sweep_start_ < kSweepInterval) return false;
  WriterVisit visit(gate_, WriterTurn::kLast);
  Query query(writer_, "SELECT max(number) FROM kept_frame");
  RETURN_IF_ERROR(query.Step().status());
  sweep_up_to_ = newest_at_sweep_start_;
  newest_at_sweep_start_ = query.Int(0);
  sweep_start_ = now;
  next_to_sweep_ = 0;
  return true;
}

absl::StatusOr<bool> KeptFrames::MaintainStep() {
  if (file_bytes_ > max_bytes_) {
    const int64_t before = file_bytes_;
    RETURN_IF_ERROR(EvictPiece(0));
    return file_bytes_ != before;
  }
  ASSIGN_OR_RETURN(const bool sweep, SweepIsDue());
  if (!sweep) return false;
  RETURN_IF_ERROR(Sweep(next_to_sweep_));
  ++next_to_sweep_;
  return true;
}

}  // namespace atomstream
