// RandomDaemon: what a daemon with a store does to its subscribers, cut to the bone and without
// calls: publishes, keeps a while, replays, declares gaps, begins new epochs; and everything that
// happens to links. Each course is that of its seed. One thread.
#ifndef ATOMSTREAM_TESTS_CLIENT_STREAM_RANDOM_DAEMON_H_
#define ATOMSTREAM_TESTS_CLIENT_STREAM_RANDOM_DAEMON_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/client/stream/stream_messages.h"
#include "tests/client/stream/subscriber_client.h"

namespace atomstream {

class RandomDaemon final : public SubscriberClient {
 public:
  RandomDaemon(unsigned seed, FakeClock* clock) : random_(seed), clock_(*clock) {}

  // Of "unet", every third one.
  static bool IsUnet(int64_t sequence) { return sequence % 3 == 0; }

  const std::string& epoch() const { return epoch_; }
  int cuts() const { return cuts_; }
  int silences() const { return silences_; }
  int refusals() const { return refusals_; }

  std::unique_ptr<ResultSubscription> Subscribe(const v1::SubscribeRequest& request) override {
    auto reader = std::make_shared<Reader>();
    reader->request = request;
    return std::make_unique<FunctionSubscription>(
        [this, reader](absl::Duration timeout) { return Next(*reader, timeout); });
  }

 private:
  using Answer = FunctionSubscription::Answer;

  struct Reader {
    v1::SubscribeRequest request;
    bool began = false;
    std::string epoch;
    int64_t sent = 0;  // up to here everything was sent or declared
  };

  bool Happens(double probability) { return std::bernoulli_distribution(probability)(random_); }
  int64_t Between(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random_);
  }

  void Live() {
    newest_ += Happens(0.3) ? Between(1, 6) : 0;
    if (Happens(0.02)) oldest_ = Between(oldest_, newest_ + 1);  // retention, perhaps of all
    if (Happens(0.003)) {
      epoch_ = absl::StrCat("epoch", ++epochs_);
      newest_ = Between(0, 5);
      oldest_ = 1;
    }
  }

  Answer Next(Reader& reader, absl::Duration timeout) {
    Live();
    if (Happens(0.01)) {  // a link that is dead but does not say so
      ++silences_;
      clock_.Advance(timeout);
      return std::optional<v1::SubscribeResponse>();
    }
    if (Happens(0.05)) {
      ++cuts_;
      return Happens(0.8) ? absl::UnavailableError("cut") : absl::InternalError("RST_STREAM");
    }
    if (!reader.began) return Begin(reader);
    if (reader.epoch != epoch_) return absl::UnavailableError("the daemon ended");
    if (Happens(0.05)) {
      v1::SubscribeResponse message;
      if (Happens(0.5)) message.mutable_source();
      return message;
    }
    return NextOf(reader);
  }

  Answer Begin(Reader& reader) {
    if (Happens(0.05)) {
      ++refusals_;
      return DaemonError(grpc::StatusCode::RESOURCE_EXHAUSTED, "RATE_LIMITED", {},
                         absl::Seconds(Between(0, 20)));
    }
    reader.sent = newest_;
    if (reader.request.has_resume_after()) {
      const v1::ResultPosition& after = reader.request.resume_after();
      // Oldest 0: none is kept.
      if (after.epoch() != epoch_ || after.sequence() + 1 < oldest_ || after.sequence() > newest_) {
        return OutOfRange(epoch_, oldest_ > newest_ ? 0 : oldest_, newest_);
      }
      reader.sent = after.sequence();
    }
    reader.began = true;
    reader.epoch = epoch_;
    return RunOf(epoch_, newest_);
  }

  bool Wants(const Reader& reader, int64_t sequence) const {
    return reader.request.detectors().empty() || IsUnet(sequence);
  }

  // The next result, or how many are lost to this reader.
  Answer NextOf(Reader& reader) {
    int64_t first = reader.sent + 1;
    while (first <= newest_ && !Wants(reader, first)) ++first;
    if (first > newest_) return HeartbeatOf(epoch_, newest_);
    int64_t lost_to = oldest_ - 1;  // retention overtook the replay
    if (reader.request.policy() == v1::DELIVERY_POLICY_LATEST) {
      lost_to = std::max(lost_to, newest_ - 1);
    } else if (reader.request.policy() == v1::DELIVERY_POLICY_QUEUE && Happens(0.1)) {
      lost_to = std::max(lost_to, Between(first, newest_));
    }
    int64_t last = 0, results = 0;
    for (int64_t sequence = first; sequence <= lost_to; ++sequence) {
      if (!Wants(reader, sequence)) continue;
      last = sequence;
      ++results;
    }
    if (results > 0) {
      reader.sent = last;
      return GapOf(first, last, results);
    }
    reader.sent = first;
    return ResultOf(epoch_, first);
  }

  std::mt19937 random_;
  FakeClock& clock_;
  int epochs_ = 0;
  std::string epoch_ = "epoch0";
  int64_t newest_ = 0;
  int64_t oldest_ = 1;
  int cuts_ = 0;
  int silences_ = 0;
  int refusals_ = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_CLIENT_STREAM_RANDOM_DAEMON_H_
