#include "server/journal/journal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "server/journal/entry_reader.h"
#include "server/journal/entry_row.h"
#include "server/journal/hash.h"
#include "server/journal/page_check.h"

namespace atomstream {
namespace {

constexpr int kMostReaders = 64;
// The file gives back what is free when that is more than this and a quarter of it; else it keeps
// it for the next entries.
constexpr int64_t kFreePagesKept = (int64_t{16} << 20) / kPageBytes;
constexpr int kPagesPerStep = (1 << 20) / kPageBytes;

absl::Status Validate(const JournalOptions& options, const JournalDependencies& dependencies) {
  if (options.path.empty()) return absl::InvalidArgumentError("path = '': must not be empty");
  RETURN_IF_ERROR(ValidateRetention(options.retention));
  if (options.max_frame_bytes < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_frame_bytes = ", options.max_frame_bytes, ": must not be negative"));
  }
  if (options.check_time < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "check_time = ", absl::FormatDuration(options.check_time), ": must not be negative"));
  }
  if (options.max_readers < 1 || options.max_readers > kMostReaders) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_readers = ", options.max_readers, ": must be 1 to ", kMostReaders));
  }
  if (dependencies.clock == nullptr || dependencies.steady_clock == nullptr ||
      !dependencies.make_epoch) {
    return absl::InvalidArgumentError("dependencies: both clocks and make_epoch must be given");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(const JournalOptions& options,
                                                       JournalDependencies dependencies,
                                                       OpeningReport* report) {
  RETURN_IF_ERROR(Validate(options, dependencies));
  ASSIGN_OR_RETURN(auto lock, FileLock::Acquire(LockPath(options.path)));
  ASSIGN_OR_RETURN(PreparedFile prepared,
                   PrepareFile(options.path, options.check_time, *dependencies.clock,
                               *dependencies.steady_clock, dependencies.make_epoch));
  *report = std::move(prepared.report);
  ASSIGN_OR_RETURN(const FileIdentity file, IdentityOf(options.path));
  ASSIGN_OR_RETURN(auto mark, Mark::Open(MarkPath(options.path), prepared.epochs.present(), file));
  std::unique_ptr<Journal> journal(new Journal(options, std::move(dependencies), std::move(lock),
                                               std::move(prepared.writer),
                                               std::move(prepared.epochs), std::move(mark)));
  RETURN_IF_ERROR(journal->Load());
  return journal;
}

Journal::Journal(const JournalOptions& options, JournalDependencies dependencies,
                 std::unique_ptr<FileLock> lock, std::unique_ptr<Database> writer, Epochs epochs,
                 std::unique_ptr<Mark> mark)
    : options_(options),
      dependencies_(std::move(dependencies)),
      epochs_(std::move(epochs)),
      lock_(std::move(lock)),
      writer_(std::move(writer)),
      mark_(std::move(mark)),
      frames_(writer_.get(), &gate_, FramesPath(options_.path), options_.max_frame_bytes,
              dependencies_.clock, dependencies_.steady_clock),
      reserve_(options_.path + ".reserve"),
      readers_(options_.path, options_.max_readers),
      retention_(options_.retention) {}

absl::Status Journal::Load() {
  RETURN_IF_ERROR(frames_.Load());
  WriterVisit visit(&gate_, WriterTurn::kFirst);
  EntryReader reader(writer_.get(), epochs_);
  ASSIGN_OR_RETURN(const KeptRange range, reader.Range());
  if (range.newest > 0) {
    ASSIGN_OR_RETURN(const EntryRow newest, reader.ReadRow(range.newest));
    ASSIGN_OR_RETURN(const EntryRow oldest, reader.ReadRow(range.oldest));
    total_bytes_ = newest.total_bytes;
    bytes_ = newest.total_bytes - oldest.total_bytes + oldest.bytes;
  }
  {
    MutexLock lock(&mark_mutex_);
    given_ = mark_->opened().given;
  }
  WriteMark(range.newest);
  MutexLock lock(&range_mutex_);
  range_ = range;
  return absl::OkStatus();
}

void Journal::WriteMark(int64_t newest) {
  MutexLock lock(&mark_mutex_);
  marked_ = newest;
  given_ = std::max(given_, newest);
  if (!mark_->Write(marked_, given_).ok()) ++mark_failures_;
}

int64_t Journal::highest_given() const {
  MutexLock lock(&mark_mutex_);
  return given_;
}

absl::Status Journal::NoteGiven(int64_t sequence) {
  MutexLock lock(&mark_mutex_);
  given_ = std::max(given_, sequence);
  absl::Status status = mark_->Write(marked_, given_);
  if (status.ok()) status = mark_->Sync();
  if (!status.ok()) ++mark_failures_;
  return status;
}

KeptRange Journal::range() const {
  MutexLock lock(&range_mutex_);
  return range_;
}

absl::StatusOr<int64_t> Journal::Append(const NewEntry& entry) {
  return AppendBatch(absl::MakeConstSpan(&entry, 1));
}

absl::StatusOr<int64_t> Journal::AppendBatch(absl::Span<const NewEntry> entries) {
  if (entries.empty()) return absl::InvalidArgumentError("entries: must not be empty");
  std::vector<EntryRow> rows;
  rows.reserve(entries.size());
  for (const NewEntry& entry : entries) {
    RETURN_IF_ERROR(ValidateNewEntry(entry));
    EntryRow row;
    row.key = entry.key;
    row.bytes = BytesOf(entry);
    ASSIGN_OR_RETURN(row.payload_sha256, Sha256(entry.payload));
    rows.push_back(std::move(row));
  }
  WriterVisit visit(&gate_, WriterTurn::kFirst);
  const int64_t first = next_sequence();
  int64_t total_bytes = total_bytes_;
  Transaction transaction(writer_.get());
  RETURN_IF_ERROR(transaction.BeginWrite());
  for (size_t i = 0; i < rows.size(); ++i) {
    EntryRow& row = rows[i];
    row.sequence = first + static_cast<int64_t>(i);
    if (row.key.analysis_start >= row.sequence) {
      return absl::InvalidArgumentError(absl::StrCat("analysis_start = ", row.key.analysis_start,
                                                     ": must be before the entry itself, which is ",
                                                     row.sequence));
    }
    row.total_bytes = total_bytes += row.bytes;
    RETURN_IF_ERROR(InsertEntry(writer_.get(), epoch(), row, entries[i].payload));
  }
  RETURN_IF_ERROR(transaction.Commit());
  bytes_ += total_bytes - total_bytes_;
  total_bytes_ = total_bytes;
  WriteMark(rows.back().sequence);
  MutexLock lock(&range_mutex_);
  range_.newest = rows.back().sequence;
  if (range_.oldest == 0) range_.oldest = first;
  return first;
}

absl::StatusOr<Entry> Journal::Read(int64_t sequence) const {
  ASSIGN_OR_RETURN(const ReaderPool::Lease reader, readers_.Acquire());
  return EntryReader(reader.get(), epochs_).Read(sequence);
}

absl::StatusOr<Entry> Journal::NewestOf(absl::string_view frame_id) const {
  ASSIGN_OR_RETURN(const ReaderPool::Lease reader, readers_.Acquire());
  return EntryReader(reader.get(), epochs_).NewestOf(frame_id);
}

absl::StatusOr<std::vector<Entry>> Journal::NewestAnalysisOf(absl::string_view frame_id) const {
  ASSIGN_OR_RETURN(const ReaderPool::Lease reader, readers_.Acquire());
  return EntryReader(reader.get(), epochs_).NewestAnalysisOf(frame_id);
}

absl::StatusOr<std::vector<Entry>> Journal::ReadAfter(int64_t after, int max_entries,
                                                      int64_t max_bytes) const {
  ASSIGN_OR_RETURN(const ReaderPool::Lease reader, readers_.Acquire());
  return EntryReader(reader.get(), epochs_).ReadAfter(after, max_entries, max_bytes);
}

absl::StatusOr<EntryPage> Journal::List(const EntryFilter& filter,
                                        const PageRequest& request) const {
  ASSIGN_OR_RETURN(const ReaderPool::Lease reader, readers_.Acquire());
  return EntryReader(reader.get(), epochs_).List(filter, request);
}

absl::StatusOr<int64_t> Journal::Count(int64_t first, int64_t last,
                                       absl::string_view detector) const {
  ASSIGN_OR_RETURN(const ReaderPool::Lease reader, readers_.Acquire());
  return EntryReader(reader.get(), epochs_).Count(first, last, detector);
}

absl::StatusOr<std::string> Journal::KeepFrame(absl::string_view bytes, int element_bytes) {
  ASSIGN_OR_RETURN(std::string sha256, Sha256(bytes));
  RETURN_IF_ERROR(KeepHashedFrame(sha256, bytes, element_bytes));
  return sha256;
}

absl::Status Journal::KeepHashedFrame(absl::string_view sha256, absl::string_view bytes,
                                      int element_bytes) {
  {
    MutexLock lock(&frames_mutex_);
    ASSIGN_OR_RETURN(const bool kept, frames_.Renew(sha256));
    if (kept) return absl::OkStatus();
  }
  // The slow part needs no lock.
  ASSIGN_OR_RETURN(const std::string encoded, FrameFiles::Encode(bytes, element_bytes));
  MutexLock lock(&frames_mutex_);
  return frames_.Add(sha256, static_cast<int64_t>(bytes.size()), encoded);
}

absl::StatusOr<std::string> Journal::ReadFrame(absl::string_view sha256) const {
  if (sha256.size() != kSha256Bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("sha256: ", sha256.size(), " bytes, must be ", kSha256Bytes));
  }
  return frames_.Read(sha256);
}

absl::StatusOr<bool> Journal::MaintainStep() {
  MutexLock lock(&frames_mutex_);
  const absl::StatusOr<bool> more = Maintain();
  if (absl::IsResourceExhausted(more.status()) && reserve_.Give()) return Maintain();
  if (more.ok() && !*more) reserve_.Take();
  return more;
}

absl::StatusOr<bool> Journal::Maintain() {
  // If there is no space for that, what follows may make some.
  const absl::StatusOr<bool> emptied = EmptyLogStep();
  if (emptied.ok() && *emptied) return true;
  ASSIGN_OR_RETURN(const bool deleted, DeleteStep());
  if (deleted) return true;
  ASSIGN_OR_RETURN(const bool frames, frames_.MaintainStep());
  if (frames) return true;
  RETURN_IF_ERROR(emptied.status());
  return ShrinkStep();
}

absl::StatusOr<bool> Journal::EmptyLogStep() {
  const std::string log = LogPath(options_.path);
  const int64_t before = SizeOf(log);
  if (before <= kMaxLogBytes) return false;
  const ReaderPool::Pause pause(&readers_);
  WriterVisit visit(&gate_, WriterTurn::kLast);
  RETURN_IF_ERROR(writer_->EmptyLog());
  return SizeOf(log) < before;
}

int64_t Journal::SetOldest(int64_t oldest) {
  MutexLock lock(&range_mutex_);
  return std::exchange(range_.oldest, oldest);
}

void Journal::SetBounds(const Retention& retention, int64_t max_frame_bytes) {
  frames_.SetMaxBytes(max_frame_bytes);
  MutexLock lock(&bounds_mutex_);
  retention_ = retention;
}

absl::StatusOr<bool> Journal::DeleteStep() {
  Retention retention;
  {
    MutexLock lock(&bounds_mutex_);
    retention = retention_;
  }
  RetentionStep step;
  std::vector<KeptFrames::Row> frames;
  {
    WriterVisit visit(&gate_, WriterTurn::kLast);
    Transaction transaction(writer_.get());
    RETURN_IF_ERROR(transaction.BeginWrite());
    ASSIGN_OR_RETURN(step, DeleteOldest(writer_.get(), retention, dependencies_.clock->Now()));
    if (step.deleted == 0) return false;
    ASSIGN_OR_RETURN(frames, frames_.DeleteUnreferenced(step.frames));
    // Before the commit: readers see that sooner than this thread, which may go on to bring the log
    // into the file. What counts as gone a moment early is exact for everybody; the other way round
    // a reader could count entries that it then does not find.
    const int64_t oldest_before = SetOldest(step.oldest);
    const absl::Status committed = transaction.Commit();
    if (!committed.ok()) {
      SetOldest(oldest_before);
      return committed;
    }
    bytes_ -= step.deleted_bytes;
  }
  RETURN_IF_ERROR(frames_.Forget(frames));
  return true;
}

absl::StatusOr<bool> Journal::ShrinkStep() {
  WriterVisit visit(&gate_, WriterTurn::kLast);
  ASSIGN_OR_RETURN(const int64_t free, writer_->QueryInt("PRAGMA freelist_count"));
  ASSIGN_OR_RETURN(const int64_t pages, writer_->QueryInt("PRAGMA page_count"));
  if (free <= kFreePagesKept || free * 4 <= pages) return false;
  RETURN_IF_ERROR(writer_->Execute(absl::StrCat("PRAGMA incremental_vacuum(", kPagesPerStep, ")")));
  return true;
}

}  // namespace atomstream
