// KeptFrames: the frames a journal keeps, as files (FrameFiles), with a row each in the database
// that says since when and how large: a file without a row is what a crash left, and goes.
//
// A frame goes when the last entry that refers to it does, or when the budget is full and it is the
// oldest; the entries then refer to nothing. One that no entry ever referred to, or whose entries
// went before it was written, goes in a sweep, one to two kSweepIntervals later or after the next
// start. Invariants: the files take at most `max_bytes`, or, after that was lowered, what
// MaintainStep has not deleted yet; a row is deleted before its file, and a file written before its
// row.
//
// Owned by a Journal. One thread at a time, but for Read, totals, max_bytes and SetMaxBytes. The
// writing connection is entered in pieces of at most kPieceFrames frames.
#ifndef ATOMSTREAM_SERVER_JOURNAL_KEPT_FRAMES_H_
#define ATOMSTREAM_SERVER_JOURNAL_KEPT_FRAMES_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "server/journal/frame_files.h"
#include "server/journal/sqlite.h"
#include "server/journal/writer_gate.h"

namespace atomstream {

struct FrameTotals {
  int64_t frames = 0;
  int64_t file_bytes = 0;
};

class KeptFrames {
 public:
  static constexpr int kPieceFrames = 64;
  // Longer than it takes from a frame to its entry.
  static constexpr absl::Duration kSweepInterval = absl::Hours(1);

  // All outlive it. `max_bytes` 0: keeps none.
  KeptFrames(Database* writer, WriterGate* gate, std::string folder, int64_t max_bytes,
             const Clock* clock, const Clock* steady_clock)
      : writer_(writer),
        gate_(gate),
        files_(std::move(folder)),
        max_bytes_(max_bytes),
        clock_(clock),
        steady_clock_(steady_clock) {}

  // Counts what is there; before anything else.
  absl::Status Load();

  // Keeps what FrameFiles::Encode made of `frame_bytes` bytes with this hash. A frame that is kept
  // already counts as new. ResourceExhausted: larger than the budget, or no space.
  absl::Status Add(absl::string_view sha256, int64_t frame_bytes, absl::string_view encoded);

  // A frame that is kept already counts as new. False: it is not.
  absl::StatusOr<bool> Renew(absl::string_view sha256);

  // NotFound; DataLoss. Any thread.
  absl::StatusOr<std::string> Read(absl::string_view sha256) const { return files_.Read(sha256); }

  // In the caller's transaction, inside the gate: deletes the rows of those that no entry refers
  // to, and returns them for Forget, which is called when the transaction is committed.
  struct Row {
    std::string sha256;
    int64_t file_bytes = 0;
  };
  absl::StatusOr<std::vector<Row>> DeleteUnreferenced(const std::vector<std::string>& frames);
  absl::Status Forget(const std::vector<Row>& rows);

  // One piece of work; false: nothing is left to do. Keeps to the budget, and sweeps.
  absl::StatusOr<bool> MaintainStep();

  FrameTotals totals() const { return {frames_.load(), file_bytes_.load()}; }
  int64_t max_bytes() const { return max_bytes_; }
  // From now on; what is too much goes by MaintainStep. Any thread.
  void SetMaxBytes(int64_t max_bytes) { max_bytes_ = max_bytes; }

 private:
  // Makes the row, or makes it new.
  absl::Status PutRow(absl::string_view sha256, int64_t frame_bytes, int64_t file_bytes);
  // Deletes the oldest until `more_bytes` fit, at most kPieceFrames of them.
  absl::Status EvictPiece(int64_t more_bytes);
  // Whether a sweep goes on, or it is time for the next.
  absl::StatusOr<bool> SweepIsDue();
  absl::Status Sweep(int subfolder);
  absl::Status SweepPiece(const std::vector<std::string>& frames);

  Database* const writer_;
  WriterGate* const gate_;
  const FrameFiles files_;
  std::atomic<int64_t> max_bytes_;
  const Clock* const clock_;
  const Clock* const steady_clock_;
  std::atomic<int64_t> frames_ = 0;
  std::atomic<int64_t> file_bytes_ = 0;
  absl::Time sweep_start_;  // on the steady clock
  // Rows up to this number have had time for an entry; those that none refers to are swept.
  int64_t sweep_up_to_ = 0;
  int64_t newest_at_sweep_start_ = 0;  // the next sweep's sweep_up_to_
  int next_to_sweep_ = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_KEPT_FRAMES_H_
