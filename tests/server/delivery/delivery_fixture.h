// A hub, a store and a desk that belong together, and results published through them.
#ifndef ATOMSTREAM_TESTS_SERVER_DELIVERY_DELIVERY_FIXTURE_H_
#define ATOMSTREAM_TESTS_SERVER_DELIVERY_DELIVERY_FIXTURE_H_

#include "server/delivery/delivery_desk.h"
#include "server/metrics/daemon_metrics.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/scripted_store.h"

namespace atomstream {

class TestDelivery {
 public:
  // With `before` results of an earlier life of the daemon.
  explicit TestDelivery(int before = 0)
      : before_((store.Add(before), before)),
        hub(8, &clock, &metrics, before_),
        desk({.hub = &hub,
              .store = &store,
              .metrics = &metrics.delivery,
              .clock = &clock,
              .steady_clock = &clock}) {}

  void Publish(int results = 1, DetectorKind detector = DetectorKind::kLogStar) {
    for (int i = 0; i < results; ++i) hub.Publish(store.Add(detector));
  }

  MetricRegistry registry;
  DaemonMetrics metrics{registry};
  FakeClock clock;
  ScriptedStore store;

 private:
  const int before_;

 public:
  ResultHub hub;
  DeliveryDesk desk;
};

inline FeedOptions Options(DeliveryPolicy policy, std::optional<int64_t> resume_after = {},
                           DetectorSet detectors = DetectorSet::All()) {
  FeedOptions options;
  options.subscription.policy = policy;
  options.subscription.detectors = detectors;
  if (resume_after) {
    options.resume_after = ResultPosition{std::string(ScriptedStore::kEpoch), *resume_after};
  }
  return options;
}

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_DELIVERY_DELIVERY_FIXTURE_H_
