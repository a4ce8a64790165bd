// RecentResults: the newest results of a store, in memory: all that wait to be written, and of the
// written ones as many as fit. So whoever keeps up reads no disk, and results go on being published
// while the disk is full.
//
// Part of a store, which locks it. No I/O. Invariants: results are added by rising sequence without
// holes; those that wait take at most max_waiting_bytes, where the newest counts in any case and
// what is being written does not; beyond that the oldest waiting results are lost: their numbers
// alone are known until they are written. All together take at most max_bytes besides.
#ifndef ATOMSTREAM_SERVER_STORE_RECENT_RESULTS_H_
#define ATOMSTREAM_SERVER_STORE_RECENT_RESULTS_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "server/store/stored_result.h"

namespace atomstream {

struct RecentBounds {
  int64_t max_bytes = int64_t{32} << 20;
  int64_t max_waiting_bytes = int64_t{64} << 20;
};

class RecentResults {
 public:
  // What is to be written next: numbers that are lost, or else results.
  struct Batch {
    int64_t lost = 0;
    std::vector<StoredResultPtr> results;

    bool empty() const { return lost == 0 && results.empty(); }
    int64_t size() const { return lost + static_cast<int64_t>(results.size()); }
  };

  // Of an epoch whose results up to `written` are on disk; those up to `newest` were given out but
  // are lost.
  RecentResults(std::string epoch, RecentBounds bounds, int64_t written, int64_t newest);

  int64_t written() const { return written_; }
  int64_t newest() const { return newest_; }
  bool nothing_waits() const { return written_ == newest_; }
  int64_t waiting() const;  // results that wait, but for the lost ones
  int64_t waiting_bytes() const { return waiting_bytes_; }
  // Sequence of the first of these; no result waits: newest() + 1.
  int64_t oldest_waiting() const;

  // Result newest() + 1. It may be written only if nothing waits. Returns how many results are lost
  // to make room.
  int64_t Add(StoredResultPtr result, bool written);

  // Results that wait may take so much from now on. Returns how many are lost.
  int64_t SetMaxWaitingBytes(int64_t max_waiting_bytes);

  // Null: it is on disk if it is kept at all, or it was not given out yet. Of a lost one the number
  // alone.
  StoredResultPtr Find(int64_t sequence) const;

  // Those that wait and are not lost, by rising sequence.
  std::vector<StoredResultPtr> Waiting() const;

  // Begins to write the oldest of what waits; until End nothing else may be written. At most so
  // many lost numbers or results; as many bytes, but at least one result.
  Batch BeginWrite(int max_results, int64_t max_bytes);
  // Returns how many results are lost: those of the batch that have no room to wait any longer.
  int64_t EndWrite(bool written);

 private:
  static constexpr int64_t kNone = 0;

  // Of the first result in recent_.
  int64_t first() const { return newest_ - static_cast<int64_t>(recent_.size()) + 1; }
  int64_t first_waiting() const;
  void DropWritten();
  int64_t DropWaiting();

  const std::string epoch_;
  RecentBounds bounds_;
  int64_t written_;
  int64_t newest_;
  std::deque<StoredResultPtr> recent_;  // first() … newest_
  int64_t bytes_ = 0;                   // of recent_
  int64_t waiting_bytes_ = 0;           // of those in recent_ that are not written
  Batch writing_;
};

// The number of a result alone.
StoredResultPtr MakeLost(const std::string& epoch, int64_t sequence);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_RECENT_RESULTS_H_
