// Assembler: the pipeline's last stage, on a thread of its own: puts results in order, commits each
// to the store and publishes it to the hub.
//
// Live results leave in the order in which their frames were admitted. A submission's result leaves
// when it is ready: a large submitted frame must not hold live results back (docs/adr). Results
// that wait are bounded by the frames in flight, because a place is released only after publishing.
#ifndef ATOMSTREAM_SERVER_ASSEMBLER_H_
#define ATOMSTREAM_SERVER_ASSEMBLER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <thread>

#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "server/frame_processor.h"
#include "server/hub/result_hub.h"
#include "server/log/event_log.h"
#include "server/metrics/daemon_metrics.h"
#include "server/run_stats.h"
#include "server/store/result_store.h"

namespace atomstream {

struct AssemblerDependencies {
  ResultStore* store = nullptr;
  ResultHub* hub = nullptr;
  const Clock* clock = nullptr;         // for stamps
  const Clock* steady_clock = nullptr;  // for durations
  DaemonMetrics* metrics = nullptr;
  EventLog* log = nullptr;
  RunStats* stats = nullptr;
  // The frame has left the pipeline. Called by the assembler's thread after publishing.
  std::function<void(FrameOrigin)> release;
};

class Assembler {
 public:
  // All dependencies outlive the assembler.
  explicit Assembler(AssemblerDependencies dependencies);
  ~Assembler();  // stops

  void Start();

  // Any thread. Each live index is added exactly once, without holes.
  void Add(ProcessedFrame frame);

  // Publishes what is ready and joins the thread. Again: no effect.
  void Stop();

 private:
  void Run();
  std::optional<ProcessedFrame> NextReady();
  void Publish(ProcessedFrame frame);
  // Counters and what the metrics show of the newest result.
  void CountResult(const FrameRecord& record);

  const AssemblerDependencies deps_;
  std::thread thread_;

  Mutex mutex_;
  CondVar changed_;
  std::deque<ProcessedFrame> ready_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, ProcessedFrame> early_ ABSL_GUARDED_BY(mutex_);  // live, by index
  int64_t next_live_index_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_ASSEMBLER_H_
