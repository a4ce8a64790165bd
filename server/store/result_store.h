// ResultStore: numbers results, keeps them, and finds them again.
//
// Append is called by one thread, the pipeline's assembler, before a result is published; the other
// methods by any thread. A store has one epoch for its whole life. Invariant: the kept results are
// the newest ones, numbered oldest … newest without holes.
#ifndef ATOMSTREAM_SERVER_STORE_RESULT_STORE_H_
#define ATOMSTREAM_SERVER_STORE_RESULT_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/record/frame_record.h"

namespace atomstream {

// Sequence numbers of the oldest and newest kept result; both 0 when there is none.
struct StoreRange {
  int64_t oldest = 0;
  int64_t newest = 0;
};

class ResultStore {
 public:
  virtual ~ResultStore() = default;

  // Gives `record` the next position (SetPosition) and keeps it. On error no number is used up.
  virtual absl::StatusOr<FrameRecordPtr> Append(FrameRecord record) = 0;

  // NotFound: another epoch, not yet there, or no longer kept; the message says which.
  virtual absl::StatusOr<FrameRecordPtr> Get(const ResultPosition& position) const = 0;

  // The newest kept result of the frame with this id, or NotFound.
  virtual absl::StatusOr<FrameRecordPtr> GetNewestOf(absl::string_view frame_id) const = 0;

  // Up to `limit` kept results with a sequence number above `after_sequence`, oldest first.
  virtual absl::StatusOr<std::vector<FrameRecordPtr>> List(int64_t after_sequence,
                                                           int limit) const = 0;

  virtual StoreRange range() const = 0;
  virtual const std::string& epoch() const = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_RESULT_STORE_H_
