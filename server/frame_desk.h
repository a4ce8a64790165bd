// FrameDesk: everything about frames that can still be had: those in memory, those on disk, their
// previews, and the threads for calls that read them.
//
// Owned by the daemon. The parts say which threads may use them; Start and Shutdown belong to the
// daemon's thread. What it is given outlives it.
#ifndef ATOMSTREAM_SERVER_FRAME_DESK_H_
#define ATOMSTREAM_SERVER_FRAME_DESK_H_

#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "core/base/clock.h"
#include "server/journal/journal.h"
#include "server/log/event_log.h"
#include "server/metrics/kept_frame_metrics.h"
#include "server/service/call_threads.h"
#include "server/store/frame_cache.h"
#include "server/store/frame_finder.h"
#include "server/store/frame_keeper.h"
#include "server/store/history_options.h"
#include "server/store/preview_shelf.h"

namespace atomstream {

struct FrameDeskOptions {
  int64_t max_frame_mib = 0;       // in memory
  int64_t max_kept_frame_mib = 0;  // on disk
};

inline FrameDeskOptions FrameDeskOptionsOf(const HistoryOptions& history) {
  return {.max_frame_mib = history.max_frame_mib, .max_kept_frame_mib = history.max_kept_frame_mib};
}

struct FrameDeskDependencies {
  const ResultStore* store = nullptr;
  Journal* journal = nullptr;  // null: frames are in memory only
  const Clock* steady_clock = nullptr;
  const KeptFrameMetrics* metrics = nullptr;
  EventLog* log = nullptr;
};

class FrameDesk {
 public:
  FrameDesk(const FrameDeskOptions& options, const FrameDeskDependencies& dependencies);

  void Start();

  // How much is kept from now on. What is too much in memory goes before this returns, what is on
  // disk by the journal. Any thread; never waits for the disk.
  void SetBounds(const FrameDeskOptions& options);

  // When the pipeline has ended: see FrameKeeper::Shutdown.
  bool Shutdown(absl::Time deadline) { return keeper_ == nullptr || keeper_->Shutdown(deadline); }

  // When no call begins any more, before what the calls use ends: ends those that wait, and waits
  // for those that run.
  void EndCalls() { call_threads_.Shutdown(); }

  // As FrameKeeper::ShowAge.
  void ShowAge() const {
    if (keeper_ != nullptr) keeper_->ShowAge();
  }

  FrameCache* cache() { return &cache_; }
  FrameKeeper* keeper() { return keeper_.get(); }  // null: there is no journal
  const FrameFinder* finder() const { return &finder_; }
  PreviewShelf* previews() { return &previews_; }
  CallThreads* call_threads() { return &call_threads_; }

 private:
  FrameCache cache_;
  const std::unique_ptr<FrameKeeper> keeper_;
  FrameFinder finder_;
  PreviewShelf previews_;
  CallThreads call_threads_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_FRAME_DESK_H_
