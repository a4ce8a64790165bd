#include "tests/bench/delivery/subscriber.h"

#include <utility>

#include "absl/time/clock.h"
#include "client/cpp/channel.h"
#include "core/base/status_macros.h"

namespace atomstream::bench {

Subscriber::Subscriber(const std::string& address, v1::DeliveryPolicy policy) {
  ChannelOptions options;
  options.address = address;
  auto channel = MakeChannel(options);
  client_ = AnalysisClient::Create(*std::move(channel));
  request_.set_policy(policy);
}

Subscriber::~Subscriber() { Cancel(); }

absl::Status Subscriber::Begin() {
  if (!client_->WaitUntilConnected(absl::Seconds(10))) {
    return absl::UnavailableError("no connection to the measured daemon");
  }
  subscription_ = client_->Subscribe(request_);
  return subscription_->Next().status();
}

absl::StatusOr<v1::SubscribeResponse> Subscriber::Next() { return subscription_->Next(); }

void Subscriber::Cancel() {
  if (subscription_ != nullptr) subscription_->Cancel();
}

absl::StatusOr<v1::GetStatusResponse> Subscriber::GetStatus() {
  return client_->GetStatus(absl::Seconds(10));
}

LiveSubscriber::LiveSubscriber(std::unique_ptr<Subscriber> subscriber)
    : subscriber_(std::move(subscriber)), thread_([this] { Read(); }) {}

LiveSubscriber::~LiveSubscriber() {
  subscriber_->Cancel();
  thread_.join();
}

LiveSubscriber::Account LiveSubscriber::TakeAccount() {
  MutexLock lock(&mutex_);
  return std::exchange(account_, {});
}

void LiveSubscriber::Read() {
  while (true) {
    const absl::StatusOr<v1::SubscribeResponse> response = subscriber_->Next();
    if (!response.ok()) return;
    const absl::Time now = absl::Now();
    MutexLock lock(&mutex_);
    if (response->has_gap()) account_.declared += response->gap().results();
    if (!response->has_result()) continue;
    const auto& stamp = response->result().result_time();
    const absl::Time published =
        absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
    account_.latencies_ms.push_back(absl::ToDoubleMilliseconds(now - published));
  }
}

}  // namespace atomstream::bench
