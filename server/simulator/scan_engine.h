// ScanEngine: the simulated scan: one thread that makes frame after frame and hands each to
// everyone who reads. Free of gRPC.
//
// A frame goes to all receivers at once; it never waits for one that is busy, which then misses
// frames as it would at a microscope. Nothing is scanned while nobody reads. Owned by
// SimulatorServer; the public methods may be called by any thread.
#ifndef ATOMSTREAM_SERVER_SIMULATOR_SCAN_ENGINE_H_
#define ATOMSTREAM_SERVER_SIMULATOR_SCAN_ENGINE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "atomstream/v1/microscope.pb.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "server/simulator/fault_plan.h"
#include "server/simulator/frame_renderer.h"

namespace atomstream {

// Someone who reads frames. Called by the engine while it holds its lock: the methods must be quick
// and must not call back into the engine.
class FrameReceiver {
 public:
  virtual ~FrameReceiver() = default;
  virtual void Offer(std::shared_ptr<const v1::StreamFramesResponse> frame) = 0;
  // True if an offered frame would be on its way at once.
  virtual bool IsIdle() = 0;
  // No more frames. Again: no effect.
  virtual void End(const absl::Status& why) = 0;
};

class ScanEngine {
 public:
  struct Options {
    double rate_hz = 10;  // 0: a new frame whenever a receiver is idle
    int64_t frames = 0;   // total, 0: no end
    int size_px = 512;
    FaultPlan faults;
  };

  // `renderer` and `clock` outlive the engine.
  ScanEngine(const Options& options, const FrameRenderer* renderer, const Clock* clock);
  ~ScanEngine();  // stops

  void Start();
  // Ends all receivers UNAVAILABLE and joins the thread. Again: no effect. One thread at a time.
  void Stop();

  // From Add to Remove the receiver is called; it must not be destroyed in between.
  void Add(FrameReceiver* receiver);
  void Remove(FrameReceiver* receiver);
  void OnIdle();  // a receiver became idle

  // The newest frame that was acquired, also if it is not delivered yet.
  struct Newest {
    int64_t number = 0;  // 0: none yet
    int size_px = 0;     // its side; before the first frame: the side that it will have
    absl::Time time = absl::InfiniteFuture();          // of its acquisition
    absl::Duration period = absl::InfiniteDuration();  // since the frame before; infinite: unknown

    // How far the scan is on its way to the next frame, [0, 1].
    double Progress(absl::Time now) const;
  };
  Newest newest() const;

  // Acquires a single frame: the next of the same acquisition.
  Newest Acquire();

  int size_px() const;
  void SetSizePx(int size_px);  // from the next frame on

 private:
  void Run();
  // Blocks until a frame is due; nullopt: stop.
  std::optional<Newest> WaitForDue();
  std::shared_ptr<const v1::StreamFramesResponse> Make(const Newest& next) const;
  void Deliver(const Newest& next, std::shared_ptr<const v1::StreamFramesResponse> frame);
  Newest AcquireNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayScan() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool AnyIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndAll(const absl::Status& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  const FrameRenderer& renderer_;
  const Clock& clock_;

  mutable Mutex mutex_;
  CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<FrameReceiver*> receivers_ ABSL_GUARDED_BY(mutex_);
  Newest newest_ ABSL_GUARDED_BY(mutex_);
  int size_px_ ABSL_GUARDED_BY(mutex_);
  absl::Time due_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();

  std::thread thread_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SIMULATOR_SCAN_ENGINE_H_
