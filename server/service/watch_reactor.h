// WatchReactor: one WatchTargets call. A thin shell around a SceneWatch, as SubscribeReactor is
// around a Subscription: one write in flight, the next update is taken when it is done or when the
// hook says that one waits.
//
// Life: Start makes it; it owns itself until OnDone, which gRPC calls once, last. The hook holds it
// weakly. Everything ends in exactly one Finish.
#ifndef ATOMSTREAM_SERVER_SERVICE_WATCH_REACTOR_H_
#define ATOMSTREAM_SERVER_SERVICE_WATCH_REACTOR_H_

#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>

#include "absl/strings/string_view.h"
#include "atomstream/v1/targeting.pb.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "server/codec/criteria_codec.h"
#include "server/codec/target_codec.h"
#include "server/service/watcher_account.h"
#include "server/targeting/scene_tracker.h"

namespace atomstream {

// Who watches, and what serves it.
struct WatchParts {
  SceneTracker* scene = nullptr;  // these two outlive the gRPC server
  const Clock* steady_clock = nullptr;
  std::function<TargetContext()> context;  // asked at each message
  WatcherAccount account;
};

class WatchReactor final : public grpc::ServerWriteReactor<v1::WatchTargetsResponse> {
 public:
  static WatchReactor* Start(const CriteriaRequest& request, WatchParts serving);
  // A call that is refused before it begins.
  static WatchReactor* Refuse(const grpc::Status& status);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  explicit WatchReactor(WatchParts serving);
  static std::shared_ptr<WatchReactor> Make(WatchParts serving);

  // Writes the next update, or finishes, unless a write is in flight.
  void Pump();

  const std::function<TargetContext()> context_;
  const Clock* const steady_clock_;     // null: of a call that is refused
  std::shared_ptr<WatchReactor> self_;  // until OnDone
  std::unique_ptr<SceneWatch> watch_;   // set before the first Pump, reset in OnDone
  v1::WatchTargetsResponse message_;    // belongs to the write in flight

  Mutex mutex_;
  WatcherAccount account_ ABSL_GUARDED_BY(mutex_);
  absl::string_view end_cause_ ABSL_GUARDED_BY(mutex_) = "reader_gone";
  bool ready_ ABSL_GUARDED_BY(mutex_) = false;  // watch_ is set
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_WATCH_REACTOR_H_
