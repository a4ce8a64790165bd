#include "server/metrics/metric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "server/metrics/call_metrics.h"
#include "server/metrics/daemon_metrics.h"

namespace atomstream {
namespace {

TEST(HistogramTest, AnObservationOnABoundBelongsBelowIt) {
  Histogram histogram({1, 2, 5});
  for (const double value : {0.5, 1.0, 1.5, 5.0, 6.0}) histogram.Observe(value);
  const Histogram::Snapshot snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.cumulative, (std::vector<uint64_t>{2, 3, 4, 5}));
  EXPECT_EQ(snapshot.count, 5u);
  EXPECT_DOUBLE_EQ(snapshot.sum, 14);
}

TEST(HistogramTest, NaNIsNotCounted) {
  Histogram histogram({1});
  histogram.Observe(std::nan(""));
  EXPECT_EQ(histogram.snapshot().count, 0u);
  EXPECT_EQ(histogram.snapshot().sum, 0);
}

TEST(MetricTest, UpdatesFromManyThreadsAllCount) {
  Counter counter;
  Gauge gauge;
  Histogram histogram({1});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        counter.Increment();
        gauge.Add(0.5);
        histogram.Observe(2);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 4000);
  EXPECT_EQ(gauge.value(), 2000);
  EXPECT_EQ(histogram.snapshot().cumulative, (std::vector<uint64_t>{0, 4000}));
}

constexpr MetricSpec kRows[] = {
    {"x_total", MetricType::kCounter, "kind", "by `a`, `b` ([x.md](x.md))"},
    {"y", MetricType::kGauge, "", "what it is"},
    {"model_info", MetricType::kInfo, "id,device", "which"},
};
constexpr MetricGroup kGroups[] = {{"All", kRows}};
const MetricCatalogue kCatalogue = kGroups;

TEST(MetricRegistryTest, MetricsOfOneNameShareAFamily) {
  MetricRegistry registry(kCatalogue);
  Counter* a = registry.AddCounter("x_total", {{"kind", "a"}});
  Counter* b = registry.AddCounter("x_total", {{"kind", "b"}});
  registry.AddGauge("y");
  EXPECT_NE(a, b);
  ASSERT_EQ(registry.families().size(), 2u);
  EXPECT_EQ(registry.families()[0].metrics.size(), 2u);
  a->Increment(3);
  EXPECT_EQ(registry.families()[0].metrics[0].counter->value(), 3);
}

TEST(MetricRegistryTest, HelpIsThePlainTextOfTheCatalogue) {
  MetricRegistry registry(kCatalogue);
  registry.AddCounter("x_total", {{"kind", "a"}});
  EXPECT_EQ(registry.families()[0].help, "by a, b (x.md)");
}

TEST(MetricRegistryDeathTest, AMetricThatDisagreesWithTheCatalogueEndsTheProcess) {
  MetricRegistry registry(kCatalogue);
  EXPECT_DEATH(registry.AddGauge("z"), "metric z: it has no row");
  EXPECT_DEATH(registry.AddCounter("y"), "metric y: its type is another");
  EXPECT_DEATH(registry.AddGauge("y", {{"kind", "a"}}), "metric y: its labels are not \\{kind\\}");
  EXPECT_DEATH(registry.AddCounter("x_total"), "metric x_total: its labels are not \\{\\}");
  Info* info = registry.AddInfo("model_info");
  EXPECT_DEATH(info->Set({{"id", "a"}}), "metric model_info: its labels are not \\{id\\}");
}

TEST(DaemonMetricsTest, AnUnknownReasonCountsAsOther) {
  MetricRegistry registry;
  DaemonMetrics metrics(registry);
  metrics.FramesInvalid("size")->Increment();
  metrics.FramesInvalid("never heard of")->Increment();
  EXPECT_EQ(metrics.FramesInvalid("other")->value(), 1);
  EXPECT_EQ(metrics.FramesInvalidTotal(), 2);
}

TEST(DaemonMetricsTest, LatencyBucketsHoldTheServiceGoals) {
  MetricRegistry registry;
  DaemonMetrics metrics(registry);
  int latencies = 0;
  for (const MetricFamily& family : registry.families()) {
    // Times on disk have bounds of their own.
    if (family.type != MetricType::kHistogram || !absl::EndsWith(family.name, "_latency_seconds")) {
      continue;
    }
    ++latencies;
    const std::vector<double> bounds = family.metrics[0].histogram->snapshot().upper_bounds;
    const std::set<double> set(bounds.begin(), bounds.end());
    for (const double goal : {0.001, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 9.0}) {
      EXPECT_TRUE(set.count(goal)) << family.name << ": " << goal;
    }
  }
  EXPECT_EQ(latencies, 2);  // of the stages, and of the U-Net's
}

TEST(DaemonMetricsTest, OneSourceStateAtATime) {
  MetricRegistry registry;
  DaemonMetrics metrics(registry);
  metrics.SetSourceState(DaemonMetrics::kStreaming);
  for (const MetricFamily& family : registry.families()) {
    if (family.name != "atomstream_source_state") continue;
    for (const LabelledMetric& metric : family.metrics) {
      EXPECT_EQ(metric.gauge->value(), metric.labels[0].second == "streaming" ? 1 : 0);
    }
  }
}

TEST(InfoTest, ShowsTheLabelsThatWereSetLast) {
  MetricRegistry registry(kCatalogue);
  Info* info = registry.AddInfo("model_info");
  EXPECT_TRUE(info->labels().empty());
  info->Set({{"id", "a"}, {"device", "cpu"}});
  info->Set({{"id", "b"}, {"device", "cpu"}});
  EXPECT_EQ(info->labels(), (MetricLabels{{"id", "b"}, {"device", "cpu"}}));
  EXPECT_EQ(registry.families().back().metrics.back().info.get(), info);
}

TEST(CallMetricsTest, CallsAreCountedByMethodAndCode) {
  MetricRegistry registry;
  const CallMetrics calls(registry);
  calls.CountEnd("/atomstream.v1.Analysis/GetFrame", 5);
  calls.CountEnd("/atomstream.v1.Analysis/GetFrame", 99);
  calls.CountEnd("/grpc.health.v1.Health/Check", 0);
  EXPECT_EQ(calls.Calls("Analysis/GetFrame", 5)->value(), 1);
  EXPECT_EQ(calls.Calls("Analysis/GetFrame", 2)->value(), 1);  // UNKNOWN
  int used = 0;
  for (const LabelledMetric& metric : registry.families()[0].metrics) used += !metric.unused();
  EXPECT_EQ(used, 2);
  EXPECT_EQ(registry.families()[0].metrics.front().labels,
            (MetricLabels{{"method", "Analysis/Subscribe"}, {"code", "OK"}}));
}

TEST(CallMetricsTest, OpenCallsGoUpAndDownAndOnlyAnswersHaveADuration) {
  MetricRegistry registry;
  const CallMetrics calls(registry);
  for (const char* method :
       {"/atomstream.v1.Analysis/GetFrame", "/atomstream.v1.Analysis/Subscribe"}) {
    calls.Begin(method);
    calls.Begin(method);
    calls.End(method, absl::Milliseconds(3));
  }
  EXPECT_EQ(calls.Open("Analysis/GetFrame")->value(), 1);
  EXPECT_EQ(calls.Open("Analysis/Subscribe")->value(), 1);
  EXPECT_EQ(calls.Duration("Analysis/GetFrame")->count(), 1u);
  EXPECT_EQ(calls.Duration("Analysis/Subscribe"), nullptr);
}

TEST(DaemonMetricsTest, FailuresAreCountedByDetectorAndTogether) {
  MetricRegistry registry;
  const DaemonMetrics metrics(registry);
  metrics.FramesFailed("unet")->Increment(2);
  metrics.FramesFailed("log_star")->Increment();
  EXPECT_EQ(metrics.FramesFailed("unet")->value(), 2);
  EXPECT_EQ(metrics.FramesFailedTotal(), 3);
}

}  // namespace
}  // namespace atomstream
