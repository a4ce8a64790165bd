// Ingest: takes frames from the source and offers them to admission, on a thread of its own.
//
// Owned by the pipeline. A refused frame is counted and the next one is taken; a lost source is
// tried again for ever, with backoff. The thread ends when the source is cancelled or a replay is
// over.
#ifndef ATOMSTREAM_SERVER_INGEST_INGEST_H_
#define ATOMSTREAM_SERVER_INGEST_INGEST_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "core/base/backoff.h"
#include "core/base/interruptible_wait.h"
#include "core/base/mutex.h"
#include "core/image/frame.h"
#include "server/ingest/frame_number_check.h"
#include "server/log/event_log.h"
#include "server/metrics/daemon_metrics.h"
#include "server/record/source_status.h"
#include "server/source/frame_source.h"

namespace atomstream {

struct IngestDependencies {
  FrameSource* source = nullptr;  // null: no source, no thread
  InterruptibleWait* wait = nullptr;
  std::function<double()> random;  // [0, 1), called by the ingest thread
  DaemonMetrics* metrics = nullptr;
  EventLog* log = nullptr;
  // Both are called by the ingest thread, without a lock.
  std::function<void(std::shared_ptr<const Frame>)> on_frame;
  std::function<void(const SourceStatus&)> on_status;
};

class Ingest {
 public:
  // All dependencies outlive the ingest.
  Ingest(const BackoffOptions& backoff, IngestDependencies dependencies);
  ~Ingest();  // stops

  void Start();

  // Cancels the source and joins the thread. Any thread; again: no effect.
  void Stop();

  SourceStatus status() const;

 private:
  // After this many refused frames in a row the thread pauses before each further one, so that a
  // source that has nothing but bad frames cannot take a core.
  static constexpr int kRefusedInARow = 16;
  // So many refused frames are logged one by one, afterwards every so many-th.
  static constexpr int kRefusalsLogged = 100;

  void Run();
  // Of every frame that came, refused or not.
  void ObserveDecoding();
  void TakeFrame(std::shared_ptr<const Frame> frame);
  void RefuseFrame(const absl::Status& why);
  // False: stop.
  bool WaitAfterLoss(const absl::Status& why);
  void SetState(SourceState state, const absl::Status& error);

  const IngestDependencies deps_;
  Backoff backoff_;  // ingest thread only, as the next three
  FrameNumberCheck frame_numbers_;
  int refused_in_a_row_ = 0;
  int64_t refused_ = 0;
  std::thread thread_;

  mutable Mutex mutex_;
  SourceStatus status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_INGEST_INGEST_H_
