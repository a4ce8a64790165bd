#include "server/service/watch_reactor.h"

#include <optional>
#include <utility>

#include "server/service/error.h"

namespace atomstream {

WatchReactor::WatchReactor(WatchParts serving)
    : context_(std::move(serving.context)),
      steady_clock_(serving.steady_clock),
      account_(std::move(serving.account)) {}

std::shared_ptr<WatchReactor> WatchReactor::Make(WatchParts serving) {
  std::shared_ptr<WatchReactor> reactor(new WatchReactor(std::move(serving)));
  reactor->self_ = reactor;
  return reactor;
}

WatchReactor* WatchReactor::Refuse(const grpc::Status& status) {
  const std::shared_ptr<WatchReactor> reactor = Make({nullptr, nullptr, nullptr, WatcherAccount()});
  {
    MutexLock lock(&reactor->mutex_);
    reactor->finished_ = true;
  }
  reactor->Finish(status);
  return reactor.get();
}

WatchReactor* WatchReactor::Start(const CriteriaRequest& request, WatchParts serving) {
  SceneTracker* const scene = serving.scene;
  const std::shared_ptr<WatchReactor> reactor = Make(std::move(serving));
  auto watch = scene->Watch(request.criteria, request.patience_frames,
                            [weak = std::weak_ptr<WatchReactor>(reactor)] {
                              if (const auto alive = weak.lock()) alive->Pump();
                            });
  if (!watch.ok()) {
    reactor->self_.reset();
    return Refuse(ToGrpcStatus(watch.refusal.status(), watch.refusal.reason));
  }
  {
    MutexLock lock(&reactor->mutex_);
    reactor->watch_ = std::move(*watch.value);
    reactor->ready_ = true;
    reactor->account_.Join(reactor->watch_->selection_id());
  }
  reactor->Pump();
  return reactor.get();
}

void WatchReactor::OnWriteDone(bool ok) {
  {
    MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) cancelled_ = true;
  }
  Pump();
}

void WatchReactor::OnCancel() {
  {
    MutexLock lock(&mutex_);
    cancelled_ = true;
  }
  Pump();
}

void WatchReactor::OnDone() {
  watch_.reset();
  {
    MutexLock lock(&mutex_);
    if (steady_clock_ != nullptr) account_.Leave(end_cause_, steady_clock_->Now());
  }
  // Destroys this, unless the hook is just running.
  const std::shared_ptr<WatchReactor> self = std::move(self_);
}

void WatchReactor::Pump() {
  // gRPC is called without the lock, because it may call back at once.
  std::optional<SelectionUpdate> update;
  std::optional<grpc::Status> end;
  {
    MutexLock lock(&mutex_);
    if (!ready_ || writing_ || finished_) return;
    if (cancelled_) {
      end = ToGrpcStatus(absl::CancelledError("the call was cancelled"), kCancelled);
    } else {
      // Asked before Take: what was delivered before the end is still written.
      const bool closed = watch_->closed();
      update = watch_->Take();
      if (update) account_.Add(*update);
      if (!update && closed) {
        end = ToGrpcStatus(absl::UnavailableError("the daemon is shutting down"), kShuttingDown);
        end_cause_ = "shutdown";
      }
    }
    if (!update && !end) return;
    writing_ = update.has_value();
    finished_ = end.has_value();
  }
  if (end) {
    Finish(*end);
    return;
  }
  message_ = WatchResponseOf(*update, context_());
  StartWrite(&message_);
}

}  // namespace atomstream
