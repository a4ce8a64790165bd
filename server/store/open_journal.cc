#include <sys/statvfs.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "server/journal/files.h"
#include "server/store/journal_store.h"
#include "server/store/memory_store.h"

namespace atomstream {
namespace {

constexpr int64_t kMebibyte = int64_t{1} << 20;

absl::Status WithPath(const HistoryOptions& options, const absl::Status& why) {
  return absl::Status(why.code(),
                      absl::StrCat("history.path = ", options.path, ": ", why.message()));
}

}  // namespace

Retention RetentionOf(const HistoryOptions& options) {
  return {.max_entries = options.max_results,
          .max_bytes = options.max_result_mib * kMebibyte,
          .max_age = options.max_age};
}

absl::StatusOr<OpenedJournal> OpenJournal(const HistoryOptions& options, const Clock* clock,
                                          const Clock* steady_clock) {
  const std::filesystem::path folder = std::filesystem::path(options.path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) {
    return WithPath(options, absl::FailedPreconditionError(
                                 absl::StrCat("cannot make its folder: ", error.message())));
  }
  JournalOptions journal_options;
  journal_options.path = options.path;
  journal_options.retention = RetentionOf(options);
  journal_options.max_frame_bytes = options.max_kept_frame_mib * kMebibyte;
  journal_options.check_time = options.check_time;
  OpenedJournal opened;
  auto journal = Journal::Open(
      journal_options, {.clock = clock, .steady_clock = steady_clock, .make_epoch = &MakeEpoch},
      &opened.report);
  if (!journal.ok()) return WithPath(options, journal.status());
  opened.journal = *std::move(journal);
  // So that a disk that damages files is not filled with them.
  if (!opened.report.moved_to.empty()) DeleteMovedAside(options.path, kMovedAsideKept);
  return opened;
}

int64_t FreeBytesAt(const std::string& path) {
  struct statvfs space;
  if (statvfs(path.c_str(), &space) != 0) return -1;
  return static_cast<int64_t>(space.f_bavail) * static_cast<int64_t>(space.f_frsize);
}

}  // namespace atomstream
