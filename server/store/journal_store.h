// JournalStore: the ResultStore that outlives the process: a Journal on disk, the newest results
// also in memory.
//
// A result is committed before Append returns, so that publishing it waits for one commit, and at
// most for one piece of the journal's other work; there is no batching as long as the disk does
// its work. When it cannot be written (the disk is full or fails), Append notes its number down
// where that needs no space and returns all the same: streaming goes on, and the result waits in
// memory to be written by KeepUp, several in one commit. What finds no room there is lost to the
// history: its number alone is entered, as soon as that can be. A process that ends before leaves
// the numbers noted down, and the next one enters them as lost; no number is ever given twice.
//
// Thread-safe, as ResultStore, but for KeepUp and Flush: they belong to one thread at a time.
#ifndef ATOMSTREAM_SERVER_STORE_JOURNAL_STORE_H_
#define ATOMSTREAM_SERVER_STORE_JOURNAL_STORE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "server/journal/journal.h"
#include "server/log/event_log.h"
#include "server/metrics/store_metrics.h"
#include "server/store/history_options.h"
#include "server/store/recent_results.h"
#include "server/store/result_store.h"

namespace atomstream {

// What the options say of the journal's results.
Retention RetentionOf(const HistoryOptions& options);

struct OpenedJournal {
  std::unique_ptr<Journal> journal;
  OpeningReport report;
};

// Makes the folder of options.path and opens the journal there; of the journals that were moved
// aside the newest kMovedAsideKept are left. The errors of Journal::Open, with "history.path = …"
// before them.
inline constexpr int kMovedAsideKept = 3;
absl::StatusOr<OpenedJournal> OpenJournal(const HistoryOptions& options, const Clock* clock,
                                          const Clock* steady_clock);

// What a file may still take where this one lies; negative: not known.
int64_t FreeBytesAt(const std::string& path);

// All outlive the store.
struct JournalStoreDependencies {
  ResultEncoder encode;
  ResultPlacer place;
  const Clock* steady_clock = nullptr;
  const StoreMetrics* metrics = nullptr;
  EventLog* log = nullptr;
};

class JournalStore final : public ResultStore {
 public:
  // Tells the log what was found; a journal that was moved aside is an alarm, one that was restored
  // a warning.
  JournalStore(const HistoryOptions& options, OpenedJournal opened,
               JournalStoreDependencies dependencies);

  // Never fails.
  absl::StatusOr<AppendedResult> Append(FrameRecord record) override;
  absl::StatusOr<StoredResultPtr> Get(const ResultPosition& position) const override;
  absl::StatusOr<std::vector<StoredResultPtr>> GetNewestOf(
      absl::string_view frame_id) const override;
  absl::StatusOr<std::vector<StoredResultPtr>> ReadAfter(int64_t after,
                                                         const ReadBound& bound) const override;
  absl::StatusOr<int64_t> Count(int64_t first, int64_t last, DetectorSet detectors) const override;
  absl::StatusOr<ResultPage> List(const EntryFilter& filter,
                                  const PageRequest& request) const override;
  KeptRange range() const override;
  const std::string& epoch() const override { return journal_->epoch(); }
  StoreStatus status() const override;

  // What could not be written is tried again after this.
  static constexpr absl::Duration kRetry = absl::Milliseconds(500);

  // One piece of what is to be done beside appending: writes what waits, keeps to the bounds,
  // brings the metrics up to date. False: there is nothing to do for now, or it failed; call it
  // again within a second.
  bool KeepUp();

  // At the end, when nobody appends or calls KeepUp any more: writes what waits, as long as that
  // succeeds and `deadline`, on the steady clock, has not come.
  void Flush(absl::Time deadline);

  // Brings the metric of how long the oldest result waits up to now.
  void ShowAge();

  // Its bounds from now on; what is kept beyond goes by KeepUp, what waits beyond before this
  // returns. Any thread; never waits for the disk.
  void SetBounds(const HistoryOptions& options);

  // For frames that are to be kept. Lives as long as the store.
  Journal* journal() { return journal_.get(); }

 private:
  // Of one commit while results wait: neither so large that it holds up the disk for long, nor so
  // small that the sync decides.
  static constexpr int kMaxBatchResults = 256;
  static constexpr int64_t kMaxBatchBytes = int64_t{1} << 20;

  struct WaitingSince {
    int64_t sequence = 0;
    absl::Time time;  // on the steady clock
  };

  absl::Status Write(const std::vector<NewEntry>& entries);
  bool WriteWaiting();
  bool Maintain();
  void UpdateMetrics();
  // What became of writing. Logs the changes.
  void NoteWritten();
  void NoteFailure(const absl::Status& why);
  void CountLost(int64_t results) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetTimes() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellOpening(const OpeningReport& report) const;
  KeptRange RangeLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StoredResultPtr FindRecent(int64_t sequence) const;
  StoredResultPtr FromEntry(Entry entry) const;
  // Those that wait, by rising sequence.
  std::vector<StoredResultPtr> Waiting() const;
  absl::StatusOr<ResultPage> ListUp(const EntryFilter& filter, const PageRequest& request,
                                    const std::vector<StoredResultPtr>& waiting) const;
  absl::StatusOr<ResultPage> ListDown(const EntryFilter& filter, const PageRequest& request,
                                      const std::vector<StoredResultPtr>& waiting) const;

  const std::string path_;
  const JournalStoreDependencies deps_;
  const std::unique_ptr<Journal> journal_;
  const std::string moved_aside_;
  int64_t mark_failures_told_ = 0;  // these two of KeepUp
  absl::Time retry_time_ = absl::InfinitePast();

  mutable Mutex mutex_;  // never held while the disk is used
  RecentResults recent_ ABSL_GUARDED_BY(mutex_);
  std::deque<WaitingSince> waiting_since_ ABSL_GUARDED_BY(mutex_);  // of results that wait
  bool recording_ ABSL_GUARDED_BY(mutex_) = true;
  std::string last_error_ ABSL_GUARDED_BY(mutex_);
  int64_t lost_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t lost_when_failed_ ABSL_GUARDED_BY(mutex_) = 0;  // lost_ when recording stopped
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_JOURNAL_STORE_H_
