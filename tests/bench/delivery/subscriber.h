// Subscriber and LiveSubscriber: clients of the measured daemon, each with a connection of
// its own, as a program on another computer would have.
#ifndef ATOMSTREAM_TESTS_BENCH_DELIVERY_SUBSCRIBER_H_
#define ATOMSTREAM_TESTS_BENCH_DELIVERY_SUBSCRIBER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "atomstream/v1/analysis.pb.h"
#include "client/cpp/analysis_client.h"
#include "core/base/mutex.h"

namespace atomstream::bench {

// A subscription that nobody reads unless told to. Next is called by one thread, Cancel by any.
class Subscriber {
 public:
  Subscriber(const std::string& address, v1::DeliveryPolicy policy);
  ~Subscriber();

  // Its first message has come.
  absl::Status Begin();
  absl::StatusOr<v1::SubscribeResponse> Next();
  void Cancel();

  // A call over the same connection, needs no Begin.
  absl::StatusOr<v1::GetStatusResponse> GetStatus();

 private:
  v1::SubscribeRequest request_;
  std::unique_ptr<AnalysisClient> client_;
  std::unique_ptr<ResultSubscription> subscription_;
};

// Reads everything as soon as it comes, on a thread of its own.
class LiveSubscriber {
 public:
  // `subscriber` has begun.
  explicit LiveSubscriber(std::unique_ptr<Subscriber> subscriber);
  ~LiveSubscriber();

  // What came since the last call.
  struct Account {
    std::vector<double> latencies_ms;  // from the stamp on the result to here
    int64_t declared = 0;              // results in gaps
  };
  Account TakeAccount();

 private:
  void Read();

  const std::unique_ptr<Subscriber> subscriber_;
  Mutex mutex_;
  Account account_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_DELIVERY_SUBSCRIBER_H_
