// ResultStore: numbers results, keeps them, and finds them again.
//
// Append is called by one thread, the pipeline's assembler, before a result is published; the other
// methods by any thread; they may read from disk, so that no thread that publishes calls them.
// A store has one epoch for its whole life. Invariants: results are numbered 1, 2, 3, … without
// holes and no number is given twice; the kept ones are the newest, without holes.
#ifndef ATOMSTREAM_SERVER_STORE_RESULT_STORE_H_
#define ATOMSTREAM_SERVER_STORE_RESULT_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/journal/entry.h"
#include "server/record/frame_record.h"
#include "server/store/stored_result.h"

namespace atomstream {

struct AppendedResult {
  FrameRecordPtr record;
  StoredResultPtr stored;
};

// How much to read at a time; at least one result is read.
struct ReadBound {
  int max_results = 64;
  int64_t max_bytes = 1 << 20;
};

struct ResultPage {
  std::vector<StoredResultPtr> results;
  int64_t cursor = 0;  // for the next page, which may be empty; 0: this was the last
};

// What GetStatus says about a store.
struct StoreStatus {
  bool durable = false;    // results outlive the process
  bool recording = true;   // false: results cannot be written at the moment
  std::string last_error;  // of writing; empty: none since the start
  int64_t results_waiting = 0;
  int64_t results_lost = 0;  // since the start
  int64_t bytes = 0;         // of the kept results
  int64_t kept_frames = 0;
  int64_t kept_frame_bytes = 0;
  int64_t disk_free_bytes = -1;  // negative: not known
  std::string moved_aside;       // where a store that was damaged at the start is now
};

class ResultStore {
 public:
  virtual ~ResultStore() = default;

  // Gives `record` the next position (SetPosition), encodes and keeps it. On error no number is
  // used up.
  virtual absl::StatusOr<AppendedResult> Append(FrameRecord record) = 0;

  // NotFound: another epoch, not yet there, or no longer kept; the message says which. DataLoss: it
  // is damaged, or lost.
  virtual absl::StatusOr<StoredResultPtr> Get(const ResultPosition& position) const = 0;

  // The kept results of the newest analysis of the frame with this id, the newest of each detector,
  // by rising sequence; NotFound when there are none. Lost ones are left out.
  virtual absl::StatusOr<std::vector<StoredResultPtr>> GetNewestOf(
      absl::string_view frame_id) const = 0;

  // The results after + 1, after + 2, … without holes, lost ones included; none if `after` is the
  // newest. OutOfRange names the range: `after` + 1 is no longer kept, or `after` is not there yet.
  // One that is damaged is given as lost.
  virtual absl::StatusOr<std::vector<StoredResultPtr>> ReadAfter(int64_t after,
                                                                 const ReadBound& bound) const = 0;

  // How many of the kept results first … last are of one of these detectors, lost ones included;
  // counts only what is kept.
  virtual absl::StatusOr<int64_t> Count(int64_t first, int64_t last,
                                        DetectorSet detectors) const = 0;

  // InvalidArgument names the field. Lost and damaged ones are left out.
  virtual absl::StatusOr<ResultPage> List(const EntryFilter& filter,
                                          const PageRequest& request) const = 0;

  virtual KeptRange range() const = 0;
  virtual const std::string& epoch() const = 0;
  virtual StoreStatus status() const = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_RESULT_STORE_H_
