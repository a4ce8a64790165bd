#include "server/delivery/result_feed.h"

#include <utility>
#include <variant>

namespace atomstream {

std::shared_ptr<ResultFeed> ResultFeed::Make(std::unique_ptr<Subscription> subscription,
                                             const SubscriptionOptions& options,
                                             std::optional<Replay> missed,
                                             const FeedDependencies& dependencies,
                                             std::function<void()> on_ready) {
  return std::shared_ptr<ResultFeed>(new ResultFeed(
      std::move(subscription), options, std::move(missed), dependencies, std::move(on_ready)));
}

ResultFeed::ResultFeed(std::unique_ptr<Subscription> subscription,
                       const SubscriptionOptions& options, std::optional<Replay> missed,
                       const FeedDependencies& dependencies, std::function<void()> on_ready)
    : subscription_(std::move(subscription)),
      policy_(options.policy),
      detectors_(options.detectors),
      deps_(dependencies),
      on_ready_(std::move(on_ready)),
      replay_(std::move(missed)) {}

ResultFeed::Taken ResultFeed::Take() {
  MutexLock lock(&mutex_);
  // Before results: a change of settings comes before the first result of its version.
  if (std::optional<HubEvent> notice = subscription_->TakeNotice()) return {std::move(notice), {}};
  if (store_failed_) return {{}, FeedEnd::kStoreFailed};
  // What follows a gap is given in any case: else a slow reader might get nothing but gaps.
  if (!std::exchange(gap_given_, false)) GiveWay();
  while (true) {
    std::optional<HubEvent> event = NextRaw();
    // Nothing is delivered after the end, but something may have been just before it.
    const bool closed = !event && !reading_ && subscription_->closed();
    if (closed) event = NextRaw();
    if (!event) {
      if (reading_) return {};
      if (gap_) return {GiveGap(), {}};
      if (closed) return {{}, FeedEnd::kClosed};
      return {};
    }
    if (const Gap* gap = std::get_if<Gap>(&*event)) {
      Declare(*gap);
    } else if (std::holds_alternative<StoredResultPtr>(*event)) {
      if (gap_) {
        read_.push_front(*std::move(event));
        return {GiveGap(), {}};
      }
      deps_.metrics->Of(policy_).results_delivered->Increment();
      subscription_->Settle(1);
      return {std::move(event), {}};
    } else {
      return {std::move(event), {}};
    }
  }
}

std::optional<HubEvent> ResultFeed::NextRaw() {
  while (read_.empty()) {
    if (replay_) {
      if (!reading_) AskForRead();
      return std::nullopt;
    }
    std::optional<HubEvent> event = subscription_->Take();
    const Gap* gap = event ? std::get_if<Gap>(&*event) : nullptr;
    if (gap == nullptr || policy_ != DeliveryPolicy::kLossless) return event;
    replay_ = Replay{gap->first_sequence, gap->last_sequence, gap->results};
  }
  HubEvent event = std::move(read_.front());
  read_.pop_front();
  return event;
}

void ResultFeed::GiveWay() {
  if (policy_ != DeliveryPolicy::kLatest || read_.empty() || subscription_->waiting() == 0) return;
  for (const HubEvent& event : read_) {
    if (const Gap* gap = std::get_if<Gap>(&event)) {
      Declare(*gap);
    } else if (const StoredResultPtr* result = std::get_if<StoredResultPtr>(&event)) {
      const int64_t sequence = (*result)->position.sequence;
      Declare({sequence, sequence, 1});
    }
  }
  read_.clear();
}

void ResultFeed::Declare(const Gap& gap) {
  if (gap_) {
    Extend(*gap_, gap);
  } else {
    gap_ = gap;
  }
}

HubEvent ResultFeed::GiveGap() {
  gap_given_ = true;
  const Gap gap = *std::exchange(gap_, std::nullopt);
  deps_.metrics->Of(policy_).gaps->Increment();
  deps_.metrics->Of(policy_).gap_results->Increment(gap.results);
  subscription_->Settle(gap.results);
  return gap;
}

void ResultFeed::AskForRead() {
  reading_ = true;
  deps_.readers->Run([weak = weak_from_this()] {
    if (const std::shared_ptr<ResultFeed> alive = weak.lock()) alive->Read();
  });
}

void ResultFeed::Read() {
  Replay replay;
  {
    MutexLock lock(&mutex_);
    replay = *replay_;
  }
  absl::StatusOr<ReplayPiece> piece =
      policy_ == DeliveryPolicy::kLatest
          ? ReadNewest(*deps_.store, replay, detectors_)
          : ReadNext(*deps_.store, replay, detectors_, deps_.on_read ? kSlowReadBound : kReadBound);
  const bool ok = piece.ok();
  (ok ? deps_.metrics->replay_reads_ok : deps_.metrics->replay_reads_failed)->Increment();
  if (ok && deps_.on_read) {
    for (const HubEvent& event : piece->events) {
      if (subscription_->closed()) break;  // the daemon is ending
      const StoredResultPtr* result = std::get_if<StoredResultPtr>(&event);
      if (result != nullptr) deps_.on_read(**result);
    }
  }
  {
    MutexLock lock(&mutex_);
    reading_ = false;
    store_failed_ = !ok;
    if (ok) {
      subscription_->Owe(piece->counted);
      read_ = std::move(piece->events);
      replay_ = piece->rest;
    }
  }
  on_ready_();
}

}  // namespace atomstream
