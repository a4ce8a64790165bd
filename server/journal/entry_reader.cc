#include "server/journal/entry_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

// An analysis has one entry a detector.
constexpr int kMaxEntriesPerAnalysis = 100;

std::string Select(absl::string_view rest) {
  return absl::StrCat("SELECT ", kEntryColumns, " FROM entry ", rest);
}

std::string RangeText(const KeptRange& range) {
  if (range.newest == 0) return "nothing is kept yet";
  return absl::StrCat("kept are ", range.oldest, " to ", range.newest);
}

// How List finds its candidates, in order of sequence; what they must meet else is checked one by
// one. Of the indexes that a filter can use, the one that leaves the fewest.
struct Drive {
  std::string where;  // with parameters for `text` or for the two times
  std::string text;
  bool by_time = false;
};

int64_t FromNanos(const EntryFilter& filter) {
  return filter.acquired_from.has_value() ? absl::ToUnixNanos(*filter.acquired_from)
                                          : std::numeric_limits<int64_t>::min();
}

int64_t ToNanos(const EntryFilter& filter) {
  return filter.acquired_before.has_value() ? absl::ToUnixNanos(*filter.acquired_before)
                                            : std::numeric_limits<int64_t>::max();
}

// True if so few entries lie in the filter's times that sorting them by sequence is cheap.
absl::StatusOr<bool> AreFewInTime(Database* database, const EntryFilter& filter) {
  Query query(database,
              "SELECT count(*) FROM (SELECT 1 FROM entry INDEXED BY entry_by_time "
              "WHERE acquisition_time_ns BETWEEN ? AND ? LIMIT ?)");
  query.Bind(FromNanos(filter)).Bind(ToNanos(filter)).Bind(EntryReader::kMaxRowsPerPage + 1);
  ASSIGN_OR_RETURN(const bool found, query.Step());
  return found && query.Int(0) <= EntryReader::kMaxRowsPerPage;
}

absl::StatusOr<Drive> ChooseDrive(Database* database, const EntryFilter& filter) {
  if (!filter.frame_id.empty()) {
    return Drive{"INDEXED BY entry_by_frame WHERE frame_id = ?", filter.frame_id};
  }
  if (filter.acquired_from.has_value() || filter.acquired_before.has_value()) {
    ASSIGN_OR_RETURN(const bool few, AreFewInTime(database, filter));
    if (few) {
      return Drive{"INDEXED BY entry_by_time WHERE acquisition_time_ns BETWEEN ? AND ?", "", true};
    }
  }
  if (!filter.material.empty()) {
    return Drive{"INDEXED BY entry_by_material WHERE material = ?", filter.material};
  }
  if (!filter.detector.empty()) {
    return Drive{"INDEXED BY entry_by_detector WHERE detector = ?", filter.detector};
  }
  return Drive{"NOT INDEXED WHERE TRUE", ""};
}

}  // namespace

absl::StatusOr<KeptRange> EntryReader::Range() {
  Query query(database_,
              "SELECT (SELECT min(sequence) FROM entry), (SELECT max(sequence) FROM entry)");
  RETURN_IF_ERROR(query.Step().status());
  return KeptRange{query.Int(0), query.Int(1)};
}

absl::StatusOr<EntryRow> EntryReader::ReadRow(int64_t sequence) {
  static const std::string& sql = *new std::string(Select("WHERE sequence = ?"));
  Query query(database_, sql);
  ASSIGN_OR_RETURN(const bool found, query.Bind(sequence).Step());
  if (found) return ReadEntryRow(query, epochs_);
  ASSIGN_OR_RETURN(const KeptRange range, Range());
  const std::string message =
      absl::StrCat("sequence = ", sequence, ": there is no such entry; ", RangeText(range));
  if (sequence > range.newest || sequence < 1) return absl::NotFoundError(message);
  if (sequence < range.oldest) return absl::OutOfRangeError(message);
  return absl::DataLossError(message);
}

absl::StatusOr<Entry> EntryReader::WithPayload(EntryRow row) {
  ASSIGN_OR_RETURN(std::string payload, ReadPayload(database_, row));
  return Entry{row.sequence, std::move(row.key), std::move(payload)};
}

absl::StatusOr<Entry> EntryReader::Read(int64_t sequence) {
  Transaction snapshot(database_);
  RETURN_IF_ERROR(snapshot.BeginRead());
  ASSIGN_OR_RETURN(EntryRow row, ReadRow(sequence));
  return WithPayload(std::move(row));
}

absl::StatusOr<Entry> EntryReader::NewestOf(absl::string_view frame_id) {
  EntryFilter filter;
  filter.frame_id = std::string(frame_id);
  ASSIGN_OR_RETURN(EntryPage page,
                   List(filter, {.order = EntryOrder::kNewestFirst, .max_entries = 1}));
  if (page.entries.empty()) {
    return absl::NotFoundError(absl::StrCat("frame_id = '", absl::CEscape(frame_id),
                                            "': no result of this frame is kept"));
  }
  return std::move(page.entries.front());
}

absl::StatusOr<std::vector<Entry>> EntryReader::NewestAnalysisOf(absl::string_view frame_id) {
  ASSIGN_OR_RETURN(Entry newest, NewestOf(frame_id));
  const int64_t start =
      newest.key.analysis_start == 0 ? newest.sequence : newest.key.analysis_start;
  EntryFilter filter;
  filter.frame_id = std::string(frame_id);
  ASSIGN_OR_RETURN(EntryPage page, List(filter, {.cursor = start - 1,
                                                 .max_entries = kMaxEntriesPerAnalysis,
                                                 .max_bytes = NewEntry::kMaxPayloadBytes}));
  std::vector<Entry> entries;
  for (Entry& entry : page.entries) {
    if (entry.sequence == start || entry.key.analysis_start == start) {
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

absl::StatusOr<std::vector<Entry>> EntryReader::ReadAfter(int64_t after, int max_entries,
                                                          int64_t max_bytes) {
  RETURN_IF_ERROR(
      ValidatePageRequest({.cursor = after, .max_entries = max_entries, .max_bytes = max_bytes}));
  Transaction snapshot(database_);
  RETURN_IF_ERROR(snapshot.BeginRead());
  ASSIGN_OR_RETURN(const KeptRange range, Range());
  if (after > range.newest || (range.newest > 0 && after + 1 < range.oldest)) {
    return absl::OutOfRangeError(
        absl::StrCat("after sequence ", after, ": cannot go on from there; ", RangeText(range)));
  }
  static const std::string& sql =
      *new std::string(Select("WHERE sequence > ? ORDER BY sequence LIMIT ?"));
  Query query(database_, sql);
  query.Bind(after).Bind(max_entries);
  std::vector<Entry> entries;
  int64_t bytes = 0;
  while (bytes < max_bytes || entries.empty()) {
    auto entry = NextEntry(query, after + 1 + static_cast<int64_t>(entries.size()));
    // What is before a damaged entry is served; the damaged one is the error of the next call.
    if (!entry.ok() && absl::IsDataLoss(entry.status()) && !entries.empty()) break;
    RETURN_IF_ERROR(entry.status());
    if (entry->sequence == 0) break;
    bytes += static_cast<int64_t>(entry->payload.size());
    entries.push_back(*std::move(entry));
  }
  return entries;
}

absl::StatusOr<int64_t> EntryReader::Count(int64_t first, int64_t last,
                                           absl::string_view detector) {
  Query query(database_,
              "SELECT count(*) FROM entry INDEXED BY entry_by_detector "
              "WHERE detector = ? AND sequence BETWEEN ? AND ?");
  query.BindText(detector).Bind(first).Bind(last);
  RETURN_IF_ERROR(query.Step().status());
  return query.Int(0);
}

absl::StatusOr<Entry> EntryReader::NextEntry(Query& query, int64_t sequence) {
  ASSIGN_OR_RETURN(const bool found, query.Step());
  if (!found) return Entry();
  ASSIGN_OR_RETURN(EntryRow row, ReadEntryRow(query, epochs_));
  if (row.sequence != sequence) {
    return absl::DataLossError(absl::StrCat("entry ", sequence, " is missing"));
  }
  return WithPayload(std::move(row));
}

absl::StatusOr<EntryPage> EntryReader::List(const EntryFilter& filter, const PageRequest& request) {
  RETURN_IF_ERROR(ValidatePageRequest(request));
  Transaction snapshot(database_);
  RETURN_IF_ERROR(snapshot.BeginRead());
  ASSIGN_OR_RETURN(const Drive drive, ChooseDrive(database_, filter));
  const bool newest_first = request.order == EntryOrder::kNewestFirst;
  const std::string sql =
      Select(absl::StrCat(drive.where, newest_first ? " AND sequence < ? ORDER BY sequence DESC"
                                                    : " AND sequence > ? ORDER BY sequence"));
  Query query(database_, sql);
  if (drive.by_time) query.Bind(FromNanos(filter)).Bind(ToNanos(filter));
  if (!drive.text.empty()) query.BindText(drive.text);
  query.Bind(newest_first && request.cursor == 0 ? std::numeric_limits<int64_t>::max()
                                                 : request.cursor);
  EntryPage page;
  int64_t bytes = 0;
  for (int rows = 0;; ++rows) {
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) {
      page.cursor = 0;
      return page;
    }
    // There is one more candidate, so what was seen so far is not all.
    if (rows == kMaxRowsPerPage || bytes >= request.max_bytes ||
        static_cast<int>(page.entries.size()) == request.max_entries) {
      return page;
    }
    page.cursor = query.Int(0);
    auto entry = ReadIfMatches(query, filter, request.with_payload);
    if (absl::IsDataLoss(entry.status())) {
      page.damaged.push_back(page.cursor);
      continue;
    }
    RETURN_IF_ERROR(entry.status());
    if (entry->sequence == 0) continue;
    bytes += static_cast<int64_t>(entry->payload.size());
    page.entries.push_back(*std::move(entry));
  }
}

absl::StatusOr<Entry> EntryReader::ReadIfMatches(const Query& query, const EntryFilter& filter,
                                                 bool with_payload) {
  ASSIGN_OR_RETURN(EntryRow row, ReadEntryRow(query, epochs_));
  if (!Matches(filter, row.key)) return Entry();
  if (with_payload) return WithPayload(std::move(row));
  return Entry{row.sequence, std::move(row.key), ""};
}

}  // namespace atomstream
