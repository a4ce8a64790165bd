#include "server/store/journal_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/metrics/queue_age.h"
#include "server/store/store_errors.h"

namespace atomstream {
namespace {

// A lost result is an entry without a detector and without a payload.
NewEntry LostEntry() {
  NewEntry entry;
  entry.key.frame_id = "(lost)";
  return entry;
}

bool CanBeWritten(const StoredResult& result) {
  return result.key.analysis_start < result.position.sequence &&
         ValidateNewEntry({result.key, ""}).ok() &&
         result.encoded.size() <= NewEntry::kMaxPayloadBytes;
}

NewEntry EntryOf(const StoredResult& result) {
  return CanBeWritten(result) ? NewEntry{result.key, result.encoded} : LostEntry();
}

RecentBounds BoundsOf(const HistoryOptions& options) {
  RecentBounds bounds;
  bounds.max_waiting_bytes = int64_t{options.max_waiting_mib} << 20;
  return bounds;
}

}  // namespace

JournalStore::JournalStore(const HistoryOptions& options, OpenedJournal opened,
                           JournalStoreDependencies dependencies)
    : path_(options.path),
      deps_(std::move(dependencies)),
      journal_(std::move(opened.journal)),
      moved_aside_(opened.report.moved_to),
      recent_(journal_->epoch(), BoundsOf(options), journal_->range().newest,
              std::max(journal_->range().newest, journal_->highest_given())) {
  TellOpening(opened.report);
  {
    MutexLock lock(&mutex_);
    CountLost(recent_.newest() - recent_.written());
  }
  UpdateMetrics();
}

void JournalStore::SetBounds(const HistoryOptions& options) {
  journal_->SetBounds(RetentionOf(options), options.max_kept_frame_mib << 20);
  MutexLock lock(&mutex_);
  CountLost(recent_.SetMaxWaitingBytes(BoundsOf(options).max_waiting_bytes));
}

void JournalStore::TellOpening(const OpeningReport& report) const {
  constexpr LogFields kStore{.component = "store", .always = true};
  const KeptRange range = journal_->range();
  if (!report.damage.empty()) {
    deps_.metrics->damaged->Increment();
    deps_.log->Write(
        LogLevel::kWarning,
        absl::StrCat("THE STORE OF RESULTS WAS DAMAGED: ", report.damage, "; it is kept as ",
                     report.moved_to, ", and a new epoch begins: ", epoch()),
        kStore);
  }
  if (!report.new_epoch_why.empty()) {
    deps_.log->Write(LogLevel::kWarning,
                     absl::StrCat("the store of results was restored or moved (",
                                  report.new_epoch_why, "): epoch ", report.ended_epoch,
                                  " has ended, and a new one goes on behind its result ",
                                  range.newest, ": ", epoch()),
                     kStore);
  }
  deps_.log->Write(
      LogLevel::kInfo,
      absl::StrCat(
          report.created ? "a new store of results: " : "the store of results: ", path_, ", epoch ",
          epoch(), ", ", range.newest == 0 ? 0 : range.newest - range.oldest + 1, " results, ",
          journal_->bytes(), " bytes, checked in ", absl::FormatDuration(report.check_duration),
          report.check_complete ? "" : " as far as history.check_time_s allows"),
      kStore);
  if (journal_->highest_given() > range.newest) {
    deps_.log->Write(LogLevel::kWarning,
                     absl::StrCat("results ", range.newest + 1, " to ", journal_->highest_given(),
                                  " were published, but could not be written before the end"),
                     kStore);
  }
}

absl::Status JournalStore::Write(const std::vector<NewEntry>& entries) {
  const absl::Time begin = deps_.steady_clock->Now();
  const absl::Status status = journal_->AppendBatch(entries).status();
  if (status.ok()) {
    deps_.metrics->commit_seconds->Observe(
        absl::ToDoubleSeconds(deps_.steady_clock->Now() - begin));
  } else {
    deps_.metrics->commits_failed->Increment();
  }
  return status;
}

absl::StatusOr<AppendedResult> JournalStore::Append(FrameRecord record) {
  int64_t sequence = 0;
  bool nothing_waits = false;
  {
    MutexLock lock(&mutex_);
    sequence = recent_.newest() + 1;  // nobody else appends
    nothing_waits = recent_.nothing_waits();
  }
  SetPosition(record, {epoch(), sequence});
  const auto stored = std::make_shared<StoredResult>();
  stored->position = record.position;
  stored->key = KeyOf(record);
  stored->encoded = deps_.encode(record);
  const bool can_be_written = CanBeWritten(*stored);
  bool written = false;
  // What waits goes first, and KeepUp writes it.
  if (nothing_waits) {
    const absl::Status status = Write({EntryOf(*stored)});
    written = status.ok();
    if (!written) NoteFailure(status);
  }
  if (!written) {
    // Before anybody sees the number. If it cannot be noted down either, status tells.
    const absl::Status noted = journal_->NoteGiven(sequence);
    if (!noted.ok()) NoteFailure(noted);
  }
  {
    MutexLock lock(&mutex_);
    const int64_t lost = recent_.Add(stored, written);
    ForgetTimes();
    if (!written) waiting_since_.push_back({sequence, deps_.steady_clock->Now()});
    CountLost(lost + (can_be_written ? 0 : 1));
  }
  if (!can_be_written) {
    deps_.log->Write(LogLevel::kWarning,
                     absl::StrCat("a result is too large to be kept: ", sequence, ", of ",
                                  stored->encoded.size(), " bytes"),
                     {.component = "store", .frame_id = record.frame_id});
  }
  return AppendedResult{std::make_shared<const FrameRecord>(std::move(record)), stored};
}

void JournalStore::CountLost(int64_t results) {
  lost_ += results;
  deps_.metrics->results_lost->Increment(results);
}

void JournalStore::NoteFailure(const absl::Status& why) {
  bool is_new = false;
  {
    MutexLock lock(&mutex_);
    is_new = std::exchange(recording_, false);
    last_error_ = why.ToString();
    if (is_new) lost_when_failed_ = lost_;
    deps_.metrics->recording->Set(0);  // under the lock: it must end as recording_ does
  }
  if (!is_new) return;
  deps_.log->Write(LogLevel::kWarning,
                   absl::StrCat("RESULTS ARE NOT BEING RECORDED: ", why.ToString(),
                                "; they are published and wait in memory, and writing is tried "
                                "again every second"),
                   {.component = "store", .always = true});
}

void JournalStore::NoteWritten() {
  int64_t lost = 0;
  {
    MutexLock lock(&mutex_);
    if (recording_ || !recent_.nothing_waits()) return;
    recording_ = true;
    lost = lost_ - lost_when_failed_;
    deps_.metrics->recording->Set(1);
  }
  deps_.log->Write(LogLevel::kWarning,
                   absl::StrCat("results are being recorded again; ", lost, " were lost"),
                   {.component = "store", .always = true});
}

bool JournalStore::WriteWaiting() {
  RecentResults::Batch batch;
  {
    MutexLock lock(&mutex_);
    if (recent_.nothing_waits()) return false;
    batch = recent_.BeginWrite(kMaxBatchResults, kMaxBatchBytes);
  }
  std::vector<NewEntry> entries(static_cast<size_t>(batch.lost), LostEntry());
  for (const StoredResultPtr& result : batch.results) entries.push_back(EntryOf(*result));
  const absl::Status status = Write(entries);
  bool more = false;
  {
    MutexLock lock(&mutex_);
    CountLost(recent_.EndWrite(status.ok()));
    more = !recent_.nothing_waits();
  }
  if (!status.ok()) {
    NoteFailure(status);
    retry_time_ = deps_.steady_clock->Now() + kRetry;
    return false;
  }
  NoteWritten();
  return more;
}

bool JournalStore::Maintain() {
  const absl::StatusOr<bool> more = journal_->MaintainStep();
  if (more.ok()) return *more;
  deps_.metrics->maintenance_failed->Increment();
  deps_.log->Write(
      LogLevel::kWarning,
      absl::StrCat("the store of results cannot be kept in order: ", more.status().ToString()),
      {.component = "store"});
  return false;
}

bool JournalStore::KeepUp() {
  const bool more_to_write = deps_.steady_clock->Now() >= retry_time_ && WriteWaiting();
  const bool more_to_do = Maintain();
  UpdateMetrics();
  return more_to_write || more_to_do;
}

void JournalStore::Flush(absl::Time deadline) {
  while (deps_.steady_clock->Now() < deadline && WriteWaiting()) {
  }
  UpdateMetrics();
  const StoreStatus now = status();
  if (now.results_waiting == 0) return;
  deps_.log->Write(LogLevel::kWarning,
                   absl::StrCat(now.results_waiting,
                                " results could not be written before the end: ", now.last_error),
                   {.component = "store", .always = true});
}

void JournalStore::UpdateMetrics() {
  const StoreMetrics& metrics = *deps_.metrics;
  const StoreStatus now = status();
  const KeptRange kept = range();
  metrics.results->Set(static_cast<double>(kept.newest == 0 ? 0 : kept.newest - kept.oldest + 1));
  metrics.bytes->Set(static_cast<double>(now.bytes));
  metrics.results_waiting->Set(static_cast<double>(now.results_waiting));
  if (now.disk_free_bytes >= 0) {
    metrics.disk_free_bytes->Set(static_cast<double>(now.disk_free_bytes));
  }
  metrics.kept_frames->Set(static_cast<double>(now.kept_frames));
  metrics.kept_frame_bytes->Set(static_cast<double>(now.kept_frame_bytes));
  const int64_t mark_failures = journal_->mark_failures();
  metrics.mark_failed->Increment(mark_failures - mark_failures_told_);
  mark_failures_told_ = mark_failures;
}

// Of what was written, or lost because there was no room to wait.
void JournalStore::ForgetTimes() {
  while (!waiting_since_.empty() && waiting_since_.front().sequence < recent_.oldest_waiting()) {
    waiting_since_.pop_front();
  }
}

void JournalStore::ShowAge() {
  MutexLock lock(&mutex_);
  ForgetTimes();
  deps_.metrics->age->Set(
      QueueAgeSeconds(waiting_since_.empty() ? kEmptyQueue : waiting_since_.front().time,
                      deps_.steady_clock->Now()));
}

StoreStatus JournalStore::status() const {
  StoreStatus status;
  status.durable = true;
  status.bytes = journal_->bytes();
  const FrameTotals frames = journal_->frame_totals();
  status.kept_frames = frames.frames;
  status.kept_frame_bytes = frames.file_bytes;
  status.disk_free_bytes = FreeBytesAt(path_);
  status.moved_aside = moved_aside_;
  MutexLock lock(&mutex_);
  status.recording = recording_;
  status.last_error = last_error_;
  status.results_waiting = recent_.waiting();
  status.results_lost = lost_;
  status.bytes += recent_.waiting_bytes();
  return status;
}

KeptRange JournalStore::range() const {
  MutexLock lock(&mutex_);
  return RangeLocked();
}

KeptRange JournalStore::RangeLocked() const {
  const int64_t newest = recent_.newest();
  if (newest == 0) return {};
  // Nothing is on disk yet, or what is there ends with the oldest that is kept.
  return {std::max<int64_t>(journal_->range().oldest, 1), newest};
}

}  // namespace atomstream
