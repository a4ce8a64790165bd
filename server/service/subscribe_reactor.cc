#include "server/service/subscribe_reactor.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/service/error.h"

namespace atomstream {
namespace {

absl::StatusOr<SubscriptionOptions> OptionsOf(const v1::SubscribeRequest& request) {
  SubscriptionOptions options;
  switch (request.policy()) {
    case v1::DELIVERY_POLICY_UNSPECIFIED:
    case v1::DELIVERY_POLICY_LATEST:
      options.policy = DeliveryPolicy::kLatest;
      return options;
    case v1::DELIVERY_POLICY_QUEUE:
      options.policy = DeliveryPolicy::kQueue;
      if (request.queue_size() != 0) options.queue_size = request.queue_size();
      return options;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("policy = ", static_cast<int>(request.policy()), ": is not known"));
  }
}

absl::string_view ReasonOf(const absl::Status& refusal) {
  if (absl::IsResourceExhausted(refusal)) return kTooManySubscribers;
  if (absl::IsUnavailable(refusal)) return kShuttingDown;
  return kSubscriptionInvalid;
}

}  // namespace

SubscribeReactor::SubscribeReactor(const ResultParts& parts, EventEncoder* encoder)
    : parts_(parts), encoder_(encoder) {}

std::shared_ptr<SubscribeReactor> SubscribeReactor::Make(const ResultParts& parts,
                                                         EventEncoder* encoder) {
  std::shared_ptr<SubscribeReactor> reactor(new SubscribeReactor(parts, encoder));
  reactor->self_ = reactor;
  return reactor;
}

SubscribeReactor* SubscribeReactor::Refuse(const grpc::Status& status) {
  const std::shared_ptr<SubscribeReactor> reactor = Make({}, nullptr);
  {
    MutexLock lock(&reactor->mutex_);
    reactor->finished_ = true;
  }
  reactor->Finish(status);
  return reactor.get();
}

SubscribeReactor* SubscribeReactor::Start(const v1::SubscribeRequest& request, DetectorSet wanted,
                                          v1::RunDescription run, ResultHub* hub,
                                          EventEncoder* encoder) {
  absl::StatusOr<SubscriptionOptions> options = OptionsOf(request);
  if (!options.ok()) return Refuse(ToGrpcStatus(options.status(), ReasonOf(options.status())));
  options->detectors = wanted;
  const std::shared_ptr<SubscribeReactor> reactor = Make(PartsOf(request.parts()), encoder);
  auto subscription = hub->Subscribe(*options, [weak = std::weak_ptr<SubscribeReactor>(reactor)] {
    if (const std::shared_ptr<SubscribeReactor> alive = weak.lock()) alive->Pump();
  });
  if (!subscription.ok()) {
    reactor->self_.reset();
    return Refuse(ToGrpcStatus(subscription.status(), ReasonOf(subscription.status())));
  }
  run.mutable_position()->set_sequence((*subscription)->start_sequence());
  reactor->subscription_ = *std::move(subscription);
  v1::SubscribeResponse first;
  *first.mutable_run() = std::move(run);
  reactor->message_ = EventEncoder::Encode(first);
  {
    MutexLock lock(&reactor->mutex_);
    reactor->writing_ = true;
  }
  reactor->StartWrite(&reactor->message_);
  return reactor.get();
}

void SubscribeReactor::OnWriteDone(bool ok) {
  {
    MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) cancelled_ = true;
  }
  Pump();
}

void SubscribeReactor::OnCancel() {
  {
    MutexLock lock(&mutex_);
    cancelled_ = true;
  }
  Pump();
}

void SubscribeReactor::OnDone() {
  subscription_.reset();
  // Destroys this, unless the hook is just running.
  const std::shared_ptr<SubscribeReactor> self = std::move(self_);
}

void SubscribeReactor::Pump() {
  // gRPC is called without the lock, because it may call back at once.
  std::optional<HubEvent> event;
  std::optional<grpc::Status> end;
  {
    MutexLock lock(&mutex_);
    if (writing_ || finished_) return;
    if (cancelled_) {
      end = ToGrpcStatus(absl::CancelledError("the call was cancelled"), kCancelled);
    } else {
      // Asked before Take: what was delivered before the end is still written.
      const bool closed = subscription_->closed();
      event = subscription_->Take();
      if (!event && closed) {
        end = ToGrpcStatus(absl::UnavailableError("the daemon is shutting down"), kShuttingDown);
      }
    }
    if (!event && !end) return;
    writing_ = event.has_value();
    finished_ = end.has_value();
  }
  if (end) {
    Finish(*end);
    return;
  }
  message_ = encoder_->Encode(*event, parts_);
  StartWrite(&message_);
}

}  // namespace atomstream
