#include "server/delivery/delivery_desk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace atomstream {

DeliveryDesk::DeliveryDesk(const DeliveryDependencies& dependencies)
    : deps_(dependencies), heartbeats_(deps_.steady_clock), readers_(kReaders), sender_(1) {
  heartbeats_.Start();
}

absl::Status DeliveryDesk::CheckResume(const ResultPosition& position) const {
  // Without a name only the beginning is meant, of whichever epoch there is.
  const bool any_epoch = position.epoch.empty() && position.sequence == 0;
  if (!any_epoch && position.epoch != deps_.store->epoch()) {
    return absl::OutOfRangeError(absl::StrCat("resume_after.epoch = ", position.epoch,
                                              ": the store's epoch is ", deps_.store->epoch()));
  }
  const KeptRange range = deps_.store->range();
  const std::string value = absl::StrCat("resume_after.sequence = ", position.sequence, ": ");
  if (position.sequence < 0 || position.sequence > range.newest) {
    return absl::OutOfRangeError(absl::StrCat(value, "the newest result is ", range.newest));
  }
  if (position.sequence < range.newest && position.sequence + 1 < range.oldest) {
    return absl::OutOfRangeError(
        absl::StrCat(value, "the oldest result that is still kept is ", range.oldest));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<ResultFeed>> DeliveryDesk::Open(const FeedOptions& options,
                                                               std::function<void()> on_ready) {
  SubscriptionOptions subscription_options = options.subscription;
  if (options.resume_after) {
    RETURN_IF_ERROR(CheckResume(*options.resume_after));
    subscription_options.after = options.resume_after->sequence;
  }
  // Encoding and sending is not for the thread that publishes.
  const auto hook = [this, on_ready] { sender_.Run(on_ready); };
  ASSIGN_OR_RETURN(std::unique_ptr<Subscription> subscription,
                   deps_.hub->Subscribe(subscription_options, hook));
  if (options.resume_after) deps_.metrics->subscriptions_resumed->Increment();
  std::optional<Replay> missed;
  if (options.resume_after && options.resume_after->sequence < subscription->start_sequence()) {
    missed = {options.resume_after->sequence + 1, subscription->start_sequence(), std::nullopt};
  }
  return ResultFeed::Make(std::move(subscription), options.subscription, std::move(missed),
                          {.store = deps_.store,
                           .readers = &readers_,
                           .metrics = deps_.metrics,
                           .on_read = options.on_read},
                          std::move(on_ready));
}

ResultPosition DeliveryDesk::newest() const {
  return {deps_.store->epoch(), deps_.store->range().newest};
}

ResultPosition DeliveryDesk::oldest() const {
  return {deps_.store->epoch(), deps_.store->range().oldest};
}

}  // namespace atomstream
