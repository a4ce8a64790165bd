// Questions to the entries of a database. Each runs on one connection and takes a bounded time: it
// looks at no more than kMaxRowsPerPage entries, or reads no more bytes than it was allowed to and
// one entry. What does not fit its checksum is DataLoss.
#ifndef ATOMSTREAM_SERVER_JOURNAL_ENTRY_READER_H_
#define ATOMSTREAM_SERVER_JOURNAL_ENTRY_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/journal/entry.h"
#include "server/journal/entry_row.h"
#include "server/journal/epochs.h"
#include "server/journal/sqlite.h"

namespace atomstream {

class EntryReader {
 public:
  // A page that has looked at so many entries ends, whether it has found any or not.
  static constexpr int kMaxRowsPerPage = 10'000;

  // Both outlive it.
  EntryReader(Database* database, const Epochs& epochs) : database_(database), epochs_(epochs) {}

  absl::StatusOr<KeptRange> Range();
  // NotFound: not there yet; OutOfRange: no longer kept. Both name the range.
  absl::StatusOr<Entry> Read(int64_t sequence);
  // NotFound names the id.
  absl::StatusOr<Entry> NewestOf(absl::string_view frame_id);
  // The kept entries of the newest entry's analysis, oldest first.
  absl::StatusOr<std::vector<Entry>> NewestAnalysisOf(absl::string_view frame_id);
  // The entries after + 1, after + 2, … without holes. OutOfRange names the range: `after` + 1 is
  // no longer kept, or `after` is not there yet. DataLoss: `after` + 1 is damaged; what is behind
  // it may be asked for.
  absl::StatusOr<std::vector<Entry>> ReadAfter(int64_t after, int max_entries, int64_t max_bytes);
  absl::StatusOr<EntryPage> List(const EntryFilter& filter, const PageRequest& request);

  // How many of the kept entries first … last are of this detector.
  absl::StatusOr<int64_t> Count(int64_t first, int64_t last, absl::string_view detector);

  // Without its payload.
  absl::StatusOr<EntryRow> ReadRow(int64_t sequence);

 private:
  absl::StatusOr<Entry> WithPayload(EntryRow row);
  // The query's next row, which must be this entry; sequence 0: there is none.
  absl::StatusOr<Entry> NextEntry(Query& query, int64_t sequence);
  // The query's present row; sequence 0: it does not match.
  absl::StatusOr<Entry> ReadIfMatches(const Query& query, const EntryFilter& filter,
                                      bool with_payload);

  Database* const database_;
  const Epochs& epochs_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_JOURNAL_ENTRY_READER_H_
