// Replay: reading a range of published results from a ResultStore, a bounded piece at a time, for
// one subscriber. What the store no longer has becomes a Gap.
//
// Pure functions over the store; they may read from disk, so they run on a thread for that.
// The law: over a whole replay, results given + results declared in gaps = results of the range
// that the subscriber wanted, exactly. Of what retention deleted before it was counted the detector
// is not known: all of it counts as wanted.
#ifndef ATOMSTREAM_SERVER_DELIVERY_REPLAY_H_
#define ATOMSTREAM_SERVER_DELIVERY_REPLAY_H_

#include <cstdint>
#include <deque>
#include <optional>

#include "absl/status/statusor.h"
#include "server/hub/mailbox.h"
#include "server/record/detector_kind.h"
#include "server/store/result_store.h"

namespace atomstream {

// What is still to be given of a range whose results were all published.
struct Replay {
  int64_t next = 0;  // first to be read
  int64_t last = 0;
  // How many of next … last the subscriber wants; nullopt: not counted yet.
  std::optional<int64_t> wanted;
};

struct ReplayPiece {
  std::deque<HubEvent> events;  // gaps and results by rising sequence; may be empty
  std::optional<Replay> rest;   // nullopt: the range is finished
  int64_t counted = 0;  // wanted results that were counted by this piece, see Replay::wanted
};

// How many of the results first … last are wanted; those that are no longer kept count as wanted.
absl::StatusOr<int64_t> CountWanted(const ResultStore& store, int64_t first, int64_t last,
                                    DetectorSet wanted);

// The next piece: one read. An error says that the store cannot be read at the moment.
absl::StatusOr<ReplayPiece> ReadNext(const ResultStore& store, Replay replay, DetectorSet wanted,
                                     const ReadBound& bound);

// The newest wanted result of the range, behind one gap for all others; finishes the range.
absl::StatusOr<ReplayPiece> ReadNewest(const ResultStore& store, Replay replay, DetectorSet wanted);

// Makes one gap of `gap` and one that follows it, with nothing given in between.
inline void Extend(Gap& gap, const Gap& by) {
  gap.last_sequence = by.last_sequence;
  gap.results += by.results;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_DELIVERY_REPLAY_H_
