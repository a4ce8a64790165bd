// Assembler: the pipeline's last stage, on a thread of its own: puts results in order, commits each
// to the store and publishes it to the hub.
//
// LoG*'s live results leave in the order in which their frames were admitted. A submission's result
// leaves when it is ready: a large submitted frame must not hold live results back (docs/adr). The
// U-Net's results leave when they are ready too; they come in order from its one thread. No
// detector of a frame waits for another.
//
// A frame that is decided anew has passed already: its new result takes the place of the old one
// wherever that is told (FrameProgress, NewestFrame, FrameRecord::supersedes_sequence), and leaves
// counts of frames, order and summary as they are.
//
// Results that wait are bounded: LoG*'s by the frames in flight, because a place is released only
// after publishing; the U-Net's by its thread, which waits for its result to be published, and so
// the reevaluator's; frames that were given up by the places for submissions.
#ifndef ATOMSTREAM_SERVER_ASSEMBLER_H_
#define ATOMSTREAM_SERVER_ASSEMBLER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "server/frame_progress.h"
#include "server/health/detector_outcomes.h"
#include "server/health/pipeline_progress.h"
#include "server/hub/result_hub.h"
#include "server/log/event_log.h"
#include "server/metrics/daemon_metrics.h"
#include "server/newest_frame.h"
#include "server/run_stats.h"
#include "server/store/frame_cache.h"
#include "server/store/result_store.h"
#include "server/targeting/targeting.h"
#include "server/trace/span_writer.h"

namespace atomstream {

struct AssemblerDependencies {
  ResultStore* store = nullptr;
  ResultHub* hub = nullptr;
  FrameCache* frames = nullptr;         // null: frames are not kept
  Targeting* targeting = nullptr;       // null: live frames are not followed
  const Clock* clock = nullptr;         // for stamps
  const Clock* steady_clock = nullptr;  // for durations
  DaemonMetrics* metrics = nullptr;
  EventLog* log = nullptr;
  RunStats* stats = nullptr;
  NewestFrame* newest = nullptr;
  PipelineProgress* progress = nullptr;  // each result that is published is a piece
  DetectorOutcomes* outcomes = nullptr;
  SpanWriter* spans = nullptr;  // null: none are written
  // The frame has given its place back. Called by the assembler's thread after publishing.
  std::function<void(FrameOrigin)> release;
  // A live frame was published and is now the newest. Likewise.
  std::function<void()> on_newest;
};

class Assembler {
 public:
  // All dependencies outlive the assembler.
  explicit Assembler(AssemblerDependencies dependencies);
  ~Assembler();  // stops

  void Start();

  // Any thread. For LoG* each live index is added exactly once, without holes.
  void Add(DetectorEvent event);

  // Any other thread than the assembler's: returns when it was published. Not for LoG*'s live
  // results, which may have to wait for earlier frames.
  void AddAndWait(DetectorEvent event);

  // Publishes what is ready and joins the thread. Again: no effect.
  void Stop();

 private:
  struct Waiting {
    DetectorEvent event;
    bool* published = nullptr;  // of AddAndWait; guarded by mutex_
  };

  void Run();
  std::optional<Waiting> NextReady();
  void Publish(DetectorEvent event);
  void TellFailure(const DetectorEvent& event) const;
  // A result that was made anew, unless another frame or result took its place meanwhile.
  void PublishAnew(DetectorEvent event);
  // What a new result of a frame that was published before says of itself.
  static void DescribeAgain(const DetectorEvent& event, absl::Time now, FrameRecord& record);
  // Makes a published live frame the newest.
  void Keep(KeptFrame kept, const FrameProgress& progress, const FrameRecordPtr& record);
  // Numbers, stores and publishes the event's record.
  void Store(DetectorEvent event);
  // Counters and what the metrics show of the newest result.
  void CountResult(const FrameRecord& record, bool first_of_frame);
  // No further result of the frame will follow.
  void FinishFrame(const FrameProgress& progress, const std::string& given_up);

  const AssemblerDependencies deps_;
  std::thread thread_;

  Mutex mutex_;
  CondVar changed_;
  std::deque<Waiting> ready_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, DetectorEvent> early_ ABSL_GUARDED_BY(mutex_);  // LoG*, live, by index
  int64_t next_live_index_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_ASSEMBLER_H_
