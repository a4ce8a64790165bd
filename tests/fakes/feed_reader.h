// FeedReader: a subscriber of a DeliveryDesk that takes one event after another and waits for them.
#ifndef ATOMSTREAM_TESTS_FAKES_FEED_READER_H_
#define ATOMSTREAM_TESTS_FAKES_FEED_READER_H_

#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "server/delivery/delivery_desk.h"
#include "tests/fakes/signal.h"

namespace atomstream {

class FeedReader {
 public:
  FeedReader(DeliveryDesk* desk, const FeedOptions& options) : signal_(std::make_shared<Signal>()) {
    auto feed = desk->Open(options, [signal = signal_] { signal->Notify(); });
    if (feed.ok()) feed_ = *std::move(feed);
  }

  bool refused() const { return feed_ == nullptr; }

  // The next event; nullopt: the end, which end() tells.
  std::optional<HubEvent> Next() {
    while (true) {
      ResultFeed::Taken taken = feed_->Take();
      if (taken.event) return std::move(taken.event);
      end_ = taken.end;
      if (end_) return std::nullopt;
      signal_->Wait();
    }
  }

  // The next one without waiting.
  ResultFeed::Taken TryNext() { return feed_->Take(); }

  std::optional<FeedEnd> end() const { return end_; }
  ResultFeed& feed() { return *feed_; }

 private:
  const std::shared_ptr<Signal> signal_;
  std::shared_ptr<ResultFeed> feed_;
  std::optional<FeedEnd> end_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_FAKES_FEED_READER_H_
