// What a Prometheus server would scrape.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "server/metrics/prometheus_exposer.h"
#include "tests/fakes/gate.h"
#include "tests/fakes/test_frames.h"
#include "tests/integration/daemon_harness.h"
#include "tests/integration/scrape.h"

namespace atomstream {
namespace {

using testing::HasSubstr;
using testing::Not;

// A daemon that has worked: one good live frame, one bad one, one subscriber.
class MetricsTest : public testing::Test {
 protected:
  MetricsTest() : harness_(WithMetrics()) {
    reader_ = harness_.Subscribe(&context_);
    harness_.source().Give(absl::InvalidArgumentError("width_px = 0: must be in [8, 4096]"));
    FrameMetadata metadata;
    metadata.id = "f";
    metadata.number = 1;
    metadata.ground_truth = {{{1, 0}, {5, 0}}};
    harness_.source().Give(MakeFrame(metadata));
    v1::FrameResult result;
    EXPECT_TRUE(ReadResult(*reader_, &result));
    // Published, and then counted: the next round trip through the pipeline comes after.
    harness_.source().Give(MakeFrame(2));
    EXPECT_TRUE(ReadResult(*reader_, &result));
  }
  ~MetricsTest() override { context_.TryCancel(); }

  static HarnessOptions WithMetrics() {
    HarnessOptions options;
    options.with_metrics = true;
    return options;
  }

  DaemonHarness harness_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> reader_;
};

TEST_F(MetricsTest, ShowWhatHappened) {
  const std::string metrics = Scrape(harness_.daemon().metrics_port());
  EXPECT_THAT(metrics, HasSubstr("atomstream_frames_received_total{origin=\"source\"} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("atomstream_frames_invalid_total{reason=\"size\"} 1\n"));
  EXPECT_THAT(
      metrics,
      HasSubstr("atomstream_frames_dropped_total{place=\"admission\",reason=\"overtaken\"} 0\n"));
  EXPECT_THAT(metrics, HasSubstr("atomstream_subscribers{policy=\"latest\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("atomstream_source_state{state=\"streaming\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("atomstream_optimizer_evaluations_total 20\n"));
  // The fake finds one atom, on the first of two true ones: F1 = 2 / 3.
  EXPECT_THAT(metrics, HasSubstr("atomstream_f1_ratio{detector=\"log_star\"} 0.666"));
  EXPECT_THAT(metrics,
              HasSubstr("atomstream_stage_latency_seconds_bucket{stage=\"total\",le=\"9\"}"));
  EXPECT_THAT(metrics, HasSubstr("atomstream_build_info{version=\""));
}

TEST_F(MetricsTest, CallsAreCountedByMethodAndCode) {
  const int port = harness_.daemon().metrics_port();
  EXPECT_THAT(Scrape(port), HasSubstr("atomstream_calls_open{method=\"Analysis/Subscribe\"} 1\n"));
  EXPECT_THAT(Scrape(port), Not(HasSubstr("method=\"Analysis/GetStatus\",code=")));
  {
    grpc::ClientContext context;
    v1::GetStatusResponse response;
    EXPECT_TRUE(harness_.stub().GetStatus(&context, {}, &response).ok());
  }
  {
    grpc::ClientContext context;
    v1::GetFrameResultRequest request;
    request.set_frame_id("no such frame");
    v1::GetFrameResultResponse response;
    EXPECT_EQ(harness_.stub().GetFrameResult(&context, request, &response).error_code(),
              grpc::StatusCode::NOT_FOUND);
  }
  context_.TryCancel();
  // The server hears of an answer that is out, and of a reader that has gone, after we do.
  std::string metrics;
  do {
    metrics = Scrape(port);
  } while (metrics.find("atomstream_calls_open{method=\"Analysis/Subscribe\"} 0\n") ==
               std::string::npos ||
           metrics.find("atomstream_call_seconds_count{method=\"Analysis/GetFrameResult\"}") ==
               std::string::npos);
  EXPECT_THAT(metrics,
              HasSubstr("atomstream_calls_total{method=\"Analysis/GetStatus\",code=\"OK\"} 1"));
  EXPECT_THAT(
      metrics,
      HasSubstr(
          "atomstream_calls_total{method=\"Analysis/GetFrameResult\",code=\"NOT_FOUND\"} 1\n"));
  EXPECT_THAT(
      metrics,
      HasSubstr("atomstream_calls_total{method=\"Analysis/Subscribe\",code=\"CANCELLED\"} 1\n"));
  EXPECT_THAT(metrics,
              Not(HasSubstr("atomstream_call_seconds_count{method=\"Analysis/Subscribe\"}")));
}

// Sum over the labels of one metric.
int64_t Sum(const std::string& metrics, const std::string& name) {
  int64_t sum = 0;
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, name.size(), name) != 0) continue;
    if (line[name.size()] != ' ' && line[name.size()] != '{') continue;
    sum += std::stoll(line.substr(line.rfind(' ') + 1));
  }
  return sum;
}

TEST_F(MetricsTest, ReceivedIsProcessedDroppedLostOrInside) {
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 3; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 20; ++i) {
        grpc::ClientContext context;
        // Some give up before or while their frame is worked on.
        if (i % 4 == caller) {
          context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(i));
        }
        v1::AnalyzeFrameRequest request;
        *request.mutable_frame() = ValidFrame("");
        v1::AnalyzeFrameResponse response;
        harness_.stub().AnalyzeFrame(&context, request, &response);
      }
    });
  }
  for (int number = 3; number <= 100; ++number) harness_.source().Give(MakeFrame(number));
  for (std::thread& caller : callers) caller.join();
  harness_.source().WaitUntilAsked();
  // Also of callers that have given up already a frame may still come in; what is lost stays lost.
  const absl::Time patience = absl::Now() + absl::Minutes(1);
  std::string metrics;
  int64_t received = 0, ended = 0;
  do {
    metrics = Scrape(harness_.daemon().metrics_port());
    received = Sum(metrics, "atomstream_frames_received_total");
    ended = Sum(metrics, "atomstream_frames_processed_total") +
            Sum(metrics, "atomstream_frames_dropped_total");
  } while ((received != ended || Sum(metrics, "atomstream_frames_in_flight") > 0 ||
            metrics.find("atomstream_queue_depth{queue=\"live\"} 0\n") == std::string::npos ||
            metrics.find("atomstream_queue_depth{queue=\"analyze\"} 0\n") == std::string::npos) &&
           absl::Now() < patience);
  EXPECT_GE(received, 100);
  EXPECT_EQ(received, ended);
  EXPECT_EQ(Sum(metrics, "atomstream_frames_in_flight"), 0);
}

TEST_F(MetricsTest, PassPromtool) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) GTEST_SKIP() << "no promtool here";
  const std::string metrics = Scrape(harness_.daemon().metrics_port());
  FILE* promtool = popen("promtool check metrics", "w");
  ASSERT_NE(promtool, nullptr);
  EXPECT_EQ(fwrite(metrics.data(), 1, metrics.size(), promtool), metrics.size());
  EXPECT_EQ(pclose(promtool), 0);
}

// The value of one series; -1: there is none.
double ValueOf(const std::string& metrics, const std::string& series) {
  const size_t place = metrics.find("\n" + series + " ");
  return place == std::string::npos ? -1 : std::stod(metrics.substr(place + series.size() + 2));
}

TEST(StuckPipelineMetricsTest, AgesGrowFromScrapeToScrapeWhileNothingHappens) {
  Gate gate;
  HarnessOptions options;
  options.with_metrics = true;
  options.daemon.frames_in_flight = 1;
  options.detect = [&gate](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    gate.Pass();
    return LogStarResult();
  };
  DaemonHarness harness(std::move(options));
  harness.source().Give(MakeFrame(1));
  gate.WaitForArrivals(1);
  harness.source().Give(MakeFrame(2));
  harness.source().WaitUntilAsked();
  const int port = harness.daemon().metrics_port();
  const std::string first = Scrape(port);
  const std::string second = Scrape(port);
  for (const char* series : {"atomstream_queue_age_seconds{queue=\"live\"}",
                             "atomstream_stalled_seconds{part=\"pipeline\"}"}) {
    EXPECT_GT(ValueOf(first, series), 0) << series;
    EXPECT_GT(ValueOf(second, series), ValueOf(first, series)) << series;
  }
  EXPECT_EQ(ValueOf(second, "atomstream_queue_age_seconds{queue=\"analyze\"}"), 0);
  EXPECT_EQ(ValueOf(second, "atomstream_queue_age_seconds{queue=\"mailboxes\"}"), 0);
  gate.Open();
}

TEST(PrometheusExposerTest, ATakenPortIsAnErrorThatNamesTheAddress) {
  MetricRegistry registry;
  const auto first = PrometheusExposer::Start("127.0.0.1:0", &registry);
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string address = "127.0.0.1:" + std::to_string((*first)->port());
  const absl::Status taken = PrometheusExposer::Start(address, &registry).status();
  EXPECT_TRUE(absl::IsUnavailable(taken));
  EXPECT_THAT(std::string(taken.message()), HasSubstr("metrics_address = " + address));
}

TEST(DaemonTest, ATakenPortIsAnErrorThatNamesTheAddress) {
  DaemonHarness first;
  const SystemClock clock;
  const SteadyClock steady_clock;
  SilentLog log;
  DaemonOptions options;
  options.listen_address = "127.0.0.1:" + std::to_string(first.daemon().port());
  options.metrics_address = "";
  DaemonParts parts;
  parts.make_log_star = FakeFactory();
  parts.clock = &clock;
  parts.steady_clock = &steady_clock;
  parts.log = &log;
  const absl::Status taken = Daemon::Start(options, std::move(parts)).status();
  EXPECT_TRUE(absl::IsUnavailable(taken));
  EXPECT_THAT(std::string(taken.message()), HasSubstr(options.listen_address));
}

}  // namespace
}  // namespace atomstream
