// FrameKeeper: writes frames to disk beside their analysis, so that their pixels can be had as long
// as their results, and finds them again.
//
// A frame is given when it enters the pipeline. Of two threads one finds out the name under which
// it will lie (its hash, some milliseconds), which its results then carry; the other writes what
// was hashed (compression, sync). So a result neither waits for its frame nor has to be told later
// where it is. A result that is ready even before the name is known does not carry it; a frame that
// no result can carry any more is not written.
//
// Owned by the daemon. Thread-safe, but for Start and Shutdown, which are its owner's. Invariants:
// frames that wait take at most max_waiting_bytes together; each frame that is offered while they
// are taken ends in exactly one of the counters of KeptFrameMetrics. A frame that waits can be read
// like one that is written.
#ifndef ATOMSTREAM_SERVER_STORE_FRAME_KEEPER_H_
#define ATOMSTREAM_SERVER_STORE_FRAME_KEEPER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/image/frame.h"
#include "server/log/event_log.h"
#include "server/metrics/kept_frame_metrics.h"
#include "server/store/frame_ticket.h"

namespace atomstream {

// All outlive the keeper, and are called by any thread, several at a time.
struct FrameKeeperDependencies {
  // The frame as bytes, and back; given, so that no protobuf is needed here.
  std::function<std::string(const Frame&)> encode;
  std::function<absl::StatusOr<std::shared_ptr<const Frame>>(absl::string_view)> decode;
  // The disk: Journal::KeepHashedFrame and ReadFrame.
  std::function<absl::Status(absl::string_view sha256, absl::string_view bytes, int element_bytes)>
      write;
  std::function<absl::StatusOr<std::string>(absl::string_view sha256)> read;
  std::function<void()> lower_priority;  // called by the writing thread first; may be empty
  const Clock* steady_clock = nullptr;
  const KeptFrameMetrics* metrics = nullptr;
  EventLog* log = nullptr;
};

class FrameKeeper {
 public:
  // Four frames of the largest size.
  static constexpr int64_t kMaxWaitingBytes = int64_t{4} * 4096 * 4096 * 4 + (int64_t{1} << 20);

  explicit FrameKeeper(FrameKeeperDependencies dependencies,
                       int64_t max_waiting_bytes = kMaxWaitingBytes);
  ~FrameKeeper();  // drops what waits

  void Start();

  // Whether frames are taken from now on; at first they are. While none are, what waits is dropped
  // instead of written, and a write that the disk refuses is no failure. Any thread.
  void SetTaking(bool taking) { taking_ = taking; }

  // Never waits. Null: too much waits already, none are taken, or it is shut down; the frame is not
  // kept. Whoever has the ticket lets go of it when no result of the frame will follow.
  std::shared_ptr<FrameTicket> Offer(std::shared_ptr<const Frame> frame);

  // The frame that a ticket named. NotFound: it was not written, or is no longer kept. DataLoss:
  // what is there is damaged. Takes long: reads and decompresses.
  absl::StatusOr<std::shared_ptr<const Frame>> Read(absl::string_view sha256) const;

  // Takes no more frames, writes what waits until `deadline` and drops the rest. False: something
  // is still being written, which only the end of the process or the destructor, at leisure, ends.
  bool Shutdown(absl::Time deadline);

  // Brings the metric of how long the oldest frame waits up to now.
  void ShowAge() const;

 private:
  struct Item {
    std::shared_ptr<const Frame> frame;  // until it is hashed
    std::shared_ptr<FrameTicket> ticket;
    std::string sha256;                        // this …
    std::shared_ptr<const std::string> bytes;  // … and this once it is hashed
    int element_bytes = 1;
    int64_t counted_bytes = 0;
    absl::Time offer_time;
  };

  void HashFrames();   // the life of one thread …
  void WriteFrames();  // … and of the other
  // Wait for work. False: there will be none.
  bool NextToHash(Item* item);
  bool NextToWrite(Item* item);
  // Gives an item its hash and bytes.
  absl::Status Hash(Item& item) const;
  void EndWriting(const absl::Status& status);
  void Count(const absl::Status& status);
  // The keeper is done with an item.
  void Forget(const Item& item, Counter* outcome) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropWaiting() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool busy() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return hashing_ || writing_; }

  const FrameKeeperDependencies deps_;
  const int64_t max_waiting_bytes_;
  std::thread hashing_thread_;
  std::thread writing_thread_;
  std::atomic<bool> taking_ = true;
  int64_t failed_in_a_row_ = 0;  // of the writing thread

  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Item> to_hash_ ABSL_GUARDED_BY(mutex_);
  std::deque<Item> to_write_ ABSL_GUARDED_BY(mutex_);
  bool hashing_ ABSL_GUARDED_BY(mutex_) = false;           // one that is in neither …
  absl::Time hashing_offer_time_ ABSL_GUARDED_BY(mutex_);  // … and was offered then
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;           // the first of to_write_
  int64_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t waiting_frames_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;    // no more come in
  bool dropping_ ABSL_GUARDED_BY(mutex_) = false;  // what waits is not worked on
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_FRAME_KEEPER_H_
