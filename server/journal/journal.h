// Journal: numbered entries on disk, appended for good and found again. The durable heart of a
// store of results.
//
// Files: `path` (SQLite; other programs may open it for reading only), its "-wal" and "-shm",
// "<path>.lock", "<path>.mark" (mark.h), "<path>.reserve" (disk_reserve.h) and "<path>.frames/"
// (frame_files.h), all on a local disk.
//
// Invariants: entries of one epoch are numbered 1, 2, 3, … without holes; a number is never given
// twice; the kept entries are the newest ones. A journal that does not know which numbers it has
// given, for it was restored, begins a new epoch behind what it has (epochs.h). An append has been
// committed to disk when it returns. Nothing that was damaged is served: pages, rows, payloads and
// kept frames have checksums. An append that fails uses up no number and leaves the journal usable:
// the next one succeeds as soon as there is space again.
//
// Threads: one thread appends; any thread may call everything else. A reader waits for no writer.
// An append waits for at most one piece of other work: a retention step (RetentionStep), 64 rows of
// kept frames, 1 MiB of the file given back, or a write-ahead log of some 16 MiB brought into the
// file. That last is rare: readers that follow each other without a pause keep SQLite from
// beginning its log anew, so when it has grown they are let wait once. One process holds a journal;
// in it, one Journal.
//
// Errors: ResourceExhausted: no space; Unavailable: the disk failed, worth another try; DataLoss:
// what was asked for is damaged.
#ifndef ATOMSTREAM_SERVER_JOURNAL_JOURNAL_H_
#define ATOMSTREAM_SERVER_JOURNAL_JOURNAL_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "server/journal/disk_reserve.h"
#include "server/journal/entry.h"
#include "server/journal/epochs.h"
#include "server/journal/files.h"
#include "server/journal/kept_frames.h"
#include "server/journal/mark.h"
#include "server/journal/opening.h"
#include "server/journal/reader_pool.h"
#include "server/journal/retention.h"
#include "server/journal/sqlite.h"
#include "server/journal/writer_gate.h"

namespace atomstream {

struct JournalOptions {
  std::string path;                              // in a folder that exists
  Retention retention;                           // this and the next: see SetBounds
  int64_t max_frame_bytes = 0;                   // of kept frames' files; 0: none are kept
  absl::Duration check_time = absl::Seconds(2);  // at opening, about; see OpeningReport
  int max_readers = 4;                           // reads that run at the same time, 1 … 64
};

// The clocks outlive the journal.
struct JournalDependencies {
  const Clock* clock = nullptr;
  const Clock* steady_clock = nullptr;
  std::function<std::string()> make_epoch;  // a new UUID
};

class Journal {
 public:
  // Checks what is there, sets it aside when it is damaged (`report` says so: worth an alarm), and
  // makes what is missing. InvalidArgument names the option; FailedPrecondition: somebody else
  // holds the journal, it is of a newer version, or the file is none.
  static absl::StatusOr<std::unique_ptr<Journal>> Open(const JournalOptions& options,
                                                       JournalDependencies dependencies,
                                                       OpeningReport* report);
  // Nobody may be inside.
  ~Journal() = default;

  const std::string& epoch() const { return epochs_.present(); }
  // The newest entry that was appended before this epoch began; 0: there is none.
  int64_t last_of_earlier_epochs() const { return epochs_.last_earlier(); }
  KeptRange range() const;
  // What the next append gives; for the thread that appends.
  int64_t next_sequence() const { return range().newest + 1; }
  // What the kept entries take: payloads and texts; the file is larger.
  int64_t bytes() const { return bytes_; }

  // The highest number that anybody was told, also in an earlier run: that of the newest entry, or
  // of one that could not be appended (NoteGiven).
  int64_t highest_given() const;
  // Remembers, durably and without needing space, that numbers up to this one were given out before
  // the entries could be appended. Any thread; waits for no append.
  absl::Status NoteGiven(int64_t sequence);

  // Returns the sequence number. InvalidArgument names the field and its value.
  absl::StatusOr<int64_t> Append(const NewEntry& entry);
  // All of them or none, in one commit; returns the first number, the others follow.
  absl::StatusOr<int64_t> AppendBatch(absl::Span<const NewEntry> entries);

  // As EntryReader's.
  absl::StatusOr<Entry> Read(int64_t sequence) const;
  absl::StatusOr<Entry> NewestOf(absl::string_view frame_id) const;
  absl::StatusOr<std::vector<Entry>> NewestAnalysisOf(absl::string_view frame_id) const;
  absl::StatusOr<std::vector<Entry>> ReadAfter(int64_t after, int max_entries,
                                               int64_t max_bytes) const;
  absl::StatusOr<EntryPage> List(const EntryFilter& filter, const PageRequest& request) const;
  absl::StatusOr<int64_t> Count(int64_t first, int64_t last, absl::string_view detector) const;

  // Keeps a frame's bytes and returns their hash for EntryKey::frame_sha256, to be appended soon.
  // `element_bytes`: see FrameFiles::Encode. ResourceExhausted: larger than the budget, or no
  // space. An append does not wait for the frame's bytes to be written.
  absl::StatusOr<std::string> KeepFrame(absl::string_view bytes, int element_bytes);
  // The same with the hash, which is known sooner than the bytes are written: an entry may refer to
  // it before.
  absl::Status KeepHashedFrame(absl::string_view sha256, absl::string_view bytes,
                               int element_bytes);
  // NotFound: it was not kept, or is no longer.
  absl::StatusOr<std::string> ReadFrame(absl::string_view sha256) const;

  // Does one piece of what keeps the journal within its bounds; false: there is nothing to do now.
  // The owner calls it while it returns true, after appends and now and then, best from a thread
  // of its own: without it nothing is ever deleted, and the log may grow. DataLoss: what should go
  // is damaged and stays; opening the journal again sets it aside.
  absl::StatusOr<bool> MaintainStep();

  // From now on; what is kept beyond goes by MaintainStep. They are valid, as for Open. Never
  // waits.
  void SetBounds(const Retention& retention, int64_t max_frame_bytes);

  FrameTotals frame_totals() const { return frames_.totals(); }
  // How often the mark could not be written: of so many entries a loss would not be noticed.
  int64_t mark_failures() const { return mark_failures_; }

 private:
  Journal(const JournalOptions& options, JournalDependencies dependencies,
          std::unique_ptr<FileLock> lock, std::unique_ptr<Database> writer, Epochs epochs,
          std::unique_ptr<Mark> mark);

  absl::Status Load();
  void WriteMark(int64_t newest);
  absl::StatusOr<bool> Maintain() ABSL_EXCLUSIVE_LOCKS_REQUIRED(frames_mutex_);
  absl::StatusOr<bool> EmptyLogStep();
  int64_t SetOldest(int64_t oldest);  // returns what it was
  absl::StatusOr<bool> DeleteStep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(frames_mutex_);
  absl::StatusOr<bool> ShrinkStep();

  const JournalOptions options_;
  const JournalDependencies dependencies_;
  const Epochs epochs_;
  const std::unique_ptr<FileLock> lock_;  // given up last
  mutable WriterGate gate_;               // for writer_
  const std::unique_ptr<Database> writer_;
  const std::unique_ptr<Mark> mark_;
  int64_t total_bytes_ ABSL_GUARDED_BY(gate_) = 0;  // EntryRow::total_bytes of the newest
  Mutex frames_mutex_;                              // taken before the gate; for frames_
  KeptFrames frames_;
  DiskReserve reserve_ ABSL_GUARDED_BY(frames_mutex_);
  mutable ReaderPool readers_;
  std::atomic<int64_t> mark_failures_ = 0;
  std::atomic<int64_t> bytes_ = 0;

  mutable Mutex mark_mutex_;  // taken inside the gate, or alone; for mark_
  int64_t marked_ ABSL_GUARDED_BY(mark_mutex_) = 0;
  int64_t given_ ABSL_GUARDED_BY(mark_mutex_) = 0;

  mutable Mutex range_mutex_;
  KeptRange range_ ABSL_GUARDED_BY(range_mutex_);

  mutable Mutex bounds_mutex_;
  Retention retention_ ABSL_GUARDED_BY(bounds_mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_JOURNAL_H_
