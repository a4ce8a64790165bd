#include "server/service/subscribe_reactor.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/service/error.h"
#include "server/service/subscription_request.h"

namespace atomstream {
namespace {

// Where there are too many subscribers: one may leave at any time.
constexpr absl::Duration kRetryAfter = absl::Seconds(5);

void FillPosition(const ResultPosition& position, v1::ResultPosition& proto) {
  proto.set_epoch(position.epoch);
  proto.set_sequence(position.sequence);
}

grpc::Status RefusalOf(const absl::Status& why, const FeedOptions& options,
                       const DeliveryDesk& desk) {
  if (absl::IsResourceExhausted(why)) return ToGrpcStatus(why, kTooManySubscribers, kRetryAfter);
  if (absl::IsUnavailable(why)) return ToGrpcStatus(why, kShuttingDown);
  if (!absl::IsOutOfRange(why)) return ToGrpcStatus(why, kSubscriptionInvalid);
  const ResultPosition newest = desk.newest();
  const bool known = options.resume_after->epoch == newest.epoch ||
                     (options.resume_after->epoch.empty() && options.resume_after->sequence == 0);
  return ToGrpcStatus(why, known ? kResultNotKept : kEpochUnknown,
                      {{"epoch", newest.epoch},
                       {"oldest", absl::StrCat(desk.oldest().sequence)},
                       {"newest", absl::StrCat(newest.sequence)}});
}

// As in metrics.
absl::string_view PolicyName(DeliveryPolicy policy) {
  switch (policy) {
    case DeliveryPolicy::kLatest:
      return "latest";
    case DeliveryPolicy::kQueue:
      return "queue";
    case DeliveryPolicy::kLossless:
      return "lossless";
  }
  return "";
}

grpc::Status StatusOf(FeedEnd end) {
  switch (end) {
    case FeedEnd::kClosed:
      return ToGrpcStatus(absl::UnavailableError("the daemon is shutting down"), kShuttingDown);
    case FeedEnd::kStoreFailed:
      break;
  }
  return ToGrpcStatus(
      absl::UnavailableError("the results that were missed cannot be read at the moment"),
      kStoreUnavailable);
}

}  // namespace

SubscribeReactor::SubscribeReactor(const ResultParts& parts, absl::Duration heartbeat_interval,
                                   SubscribeParts serving)
    : parts_(parts),
      heartbeat_interval_(heartbeat_interval),
      desk_(serving.desk),
      encoder_(serving.encoder),
      account_(std::move(serving.account)) {}

std::shared_ptr<SubscribeReactor> SubscribeReactor::Make(const ResultParts& parts,
                                                         absl::Duration heartbeat_interval,
                                                         SubscribeParts serving) {
  std::shared_ptr<SubscribeReactor> reactor(
      new SubscribeReactor(parts, heartbeat_interval, std::move(serving)));
  reactor->self_ = reactor;
  return reactor;
}

SubscribeReactor* SubscribeReactor::Refuse(const grpc::Status& status) {
  const std::shared_ptr<SubscribeReactor> reactor =
      Make({}, absl::InfiniteDuration(), {nullptr, nullptr, SubscriberAccount()});
  {
    MutexLock lock(&reactor->mutex_);
    reactor->finished_ = true;
  }
  reactor->Finish(status);
  return reactor.get();
}

SubscribeReactor* SubscribeReactor::Start(const v1::SubscribeRequest& request, DetectorSet wanted,
                                          v1::RunDescription run, SubscribeParts serving) {
  DeliveryDesk* const desk = serving.desk;
  PreviewShelf* const previews = serving.encoder->previews();
  absl::StatusOr<SubscriptionRequest> asked = SubscriptionRequestOf(request);
  if (!asked.ok()) return Refuse(ToGrpcStatus(asked.status(), kSubscriptionInvalid));
  asked->feed.subscription.detectors = wanted;
  const absl::Duration interval = asked->heartbeat_interval;
  const ResultParts parts = PartsOf(request.parts());
  if (parts.preview && previews != nullptr) {
    // From disk if need be. It may still run when the stream has ended, so it holds nothing of it.
    asked->feed.on_read = [previews](const StoredResult& result) {
      if (!result.lost()) previews->Load(result.key);
    };
  }
  const auto reactor = Make(parts, interval, std::move(serving));
  const std::weak_ptr<SubscribeReactor> weak = reactor;
  auto feed = desk->Open(asked->feed, [weak] {
    if (const std::shared_ptr<SubscribeReactor> alive = weak.lock()) alive->Pump();
  });
  if (!feed.ok()) {
    reactor->self_.reset();
    return Refuse(RefusalOf(feed.status(), asked->feed, *desk));
  }
  // The result that the client goes on behind may be stored and on its way to be published.
  const int64_t resumed = asked->feed.resume_after ? asked->feed.resume_after->sequence : 0;
  const int64_t behind = asked->feed.resume_after ? resumed : (*feed)->start_sequence();
  FillPosition({desk->newest().epoch, std::max((*feed)->start_sequence(), resumed)},
               *run.mutable_position());
  FillPosition(desk->oldest(), *run.mutable_oldest());
  *run.mutable_heartbeat_interval() = DurationToProto(interval);
  v1::SubscribeResponse first;
  *first.mutable_run() = std::move(run);
  const absl::Time now = desk->dependencies().steady_clock->Now();
  reactor->feed_ = *std::move(feed);
  reactor->message_ = EventEncoder::Encode(first);
  {
    MutexLock lock(&reactor->mutex_);
    reactor->written_ = now;
    reactor->writing_ = true;
    reactor->account_.Join(PolicyName(asked->feed.subscription.policy), behind);
  }
  reactor->heartbeat_ = desk->heartbeats().Add(now + interval, [weak](absl::Time due) {
    const std::shared_ptr<SubscribeReactor> alive = weak.lock();
    return alive == nullptr ? absl::InfiniteFuture() : alive->Beat(due);
  });
  reactor->StartWrite(&reactor->message_);
  return reactor.get();
}

void SubscribeReactor::OnWriteDone(bool ok) {
  {
    MutexLock lock(&mutex_);
    writing_ = false;
    written_ = desk_->dependencies().steady_clock->Now();
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
  if (feed_ != nullptr) desk_->heartbeats().Remove(heartbeat_);
  feed_.reset();
  {
    MutexLock lock(&mutex_);
    if (desk_ != nullptr) account_.Leave(end_cause_, desk_->dependencies().steady_clock->Now());
  }
  // Destroys this, unless the hook or a beat is just running.
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
      ResultFeed::Taken taken = feed_->Take();
      event = std::move(taken.event);
      if (event) account_.Add(*event);
      if (taken.end) {
        end = StatusOf(*taken.end);
        end_cause_ = *taken.end == FeedEnd::kClosed ? "shutdown" : "store_unavailable";
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

absl::Time SubscribeReactor::Beat(absl::Time now) {
  v1::SubscribeResponse response;
  FillPosition(desk_->newest(), *response.mutable_heartbeat()->mutable_newest());
  *response.mutable_heartbeat()->mutable_time() = TimeToProto(desk_->dependencies().clock->Now());
  {
    MutexLock lock(&mutex_);
    if (cancelled_ || finished_) return absl::InfiniteFuture();
    // A reader that takes nothing has heartbeats enough in its pipe.
    if (writing_) return now + heartbeat_interval_;
    if (written_ + heartbeat_interval_ > now) return written_ + heartbeat_interval_;
    writing_ = true;
  }
  desk_->dependencies().metrics->heartbeats->Increment();
  message_ = EventEncoder::Encode(response);
  StartWrite(&message_);
  return now + heartbeat_interval_;
}

}  // namespace atomstream
