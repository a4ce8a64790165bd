// HubReader: a subscriber that keeps all it gets and lets the test wait for it.
#ifndef ATOMSTREAM_TESTS_FAKES_HUB_READER_H_
#define ATOMSTREAM_TESTS_FAKES_HUB_READER_H_

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "server/hub/result_hub.h"
#include "tests/fakes/signal.h"

namespace atomstream {

class HubReader {
 public:
  // Where the record of a published result is found.
  using RecordOf = std::function<FrameRecordPtr(const StoredResult&)>;

  explicit HubReader(
      ResultHub* hub,
      SubscriptionOptions options = {.policy = DeliveryPolicy::kQueue,
                                     .queue_size = SubscriptionOptions::kMaxQueueSize},
      RecordOf record_of = {})
      : record_of_(std::move(record_of)), signal_(std::make_shared<Signal>()) {
    auto subscription = hub->Subscribe(options, [signal = signal_] { signal->Notify(); });
    if (subscription.ok()) subscription_ = *std::move(subscription);
  }

  // The hub did not take the subscriber: it is closed or full.
  bool refused() const { return subscription_ == nullptr; }

  // The next event; nullopt: the hub was closed and everything is read.
  std::optional<HubEvent> Next() {
    if (refused()) return std::nullopt;
    while (true) {
      if (std::optional<HubEvent> event = subscription_->Take()) return event;
      // Something may have been delivered just before the end.
      if (subscription_->closed()) return subscription_->Take();
      signal_->Wait();
    }
  }

  // The next result; other events before it are passed over. Null at the end.
  StoredResultPtr NextStored() {
    while (std::optional<HubEvent> event = Next()) {
      if (auto* result = std::get_if<StoredResultPtr>(&*event)) return std::move(*result);
    }
    return nullptr;
  }

  // Its record.
  FrameRecordPtr NextResult() {
    const StoredResultPtr result = NextStored();
    return result == nullptr ? nullptr : record_of_(*result);
  }

  // Reads until the source has this state.
  SourceStatus WaitForState(SourceState state) {
    while (std::optional<HubEvent> event = Next()) {
      const SourceStatus* status = std::get_if<SourceStatus>(&*event);
      if (status != nullptr && status->state == state) return *status;
    }
    return {};
  }

  Subscription& subscription() { return *subscription_; }

 private:
  const RecordOf record_of_;
  const std::shared_ptr<Signal> signal_;
  std::unique_ptr<Subscription> subscription_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_HUB_READER_H_
