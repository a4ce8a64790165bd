// Faults of a whole daemon, over real connections: each shows in the health of its component alone,
// in GetStatus and in the metrics that the alerts are made of, and is gone when it is mended.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/config/config.h"
#include "tests/fakes/gate.h"
#include "tests/fakes/test_frames.h"
#include "tests/integration/daemon_harness.h"
#include "tests/integration/health_watch.h"
#include "tests/integration/scrape.h"
#include "tests/integration/write_limit.h"

namespace atomstream {
namespace {

using testing::HasSubstr;

// Sum over the labels of one metric; with {…}: of the one series whose labels are written so.
double Sum(const std::string& metrics, const std::string& name) {
  double sum = 0;
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, name.size(), name) != 0) continue;
    if (line[name.size()] != ' ' && line[name.size()] != '{') continue;
    sum += std::stod(line.substr(line.rfind(' ') + 1));
  }
  return sum;
}

constexpr const char* kComponents[] = {"source", "pipeline", "detector", "store", "listener"};

class FaultTest : public testing::Test {
 protected:
  // A pipeline that a slow disk holds up for a moment is not what most tests are about.
  explicit FaultTest(absl::Duration pipeline_stall = absl::Minutes(2)) {
    std::string name = testing::TempDir() + "atomstream_fault_XXXXXX";
    folder_ = mkdtemp(name.data());
    HarnessOptions options;
    options.with_metrics = true;
    options.daemon.history.path = folder_ + "/results.sqlite";
    options.daemon.structure.reset();  // these two could not stand so many atoms in one place
    options.daemon.targeting.enabled = false;
    options.daemon.health.source_grace = absl::ZeroDuration();
    options.daemon.health.pipeline_stall = pipeline_stall;
    options.detect = [this](const Frame& frame, const WarmStart*) -> absl::StatusOr<LogStarResult> {
      if (frame.metadata().number == wedged_) wedge_.Pass();
      if (failing_) return absl::InternalError("no memory");
      LogStarResult result;
      result.atoms.resize(atoms_);
      result.front.push_back({.qc = 0, .er = 0, .params = {}});
      result.chosen = 0;
      return result;
    };
    options.segment = [this](const Image& image) -> absl::StatusOr<Segmentation> {
      if (not_a_number_) return absl::DataLossError("the output is not finite");  // as libtorch's
      return FakeSegmenter::OneAtom(image);
    };
    std::ofstream(Config()) << "log_star { max_evaluations: 1 } unet { model: \"first\" }";
    const auto loaded = LoadConfigFile(Config());
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    options.operations.config = {Config(), loaded->config};
    options.operations.load_model = [](const UnetServiceOptions&) -> absl::StatusOr<UnetModel> {
      return absl::DataLossError("member-0.pt: its SHA-256 is another");
    };
    harness_.emplace(std::move(options));
    for (const char* component : kComponents) {
      watches_[component] = std::make_unique<HealthWatch>(harness_->NewChannel(),
                                                          absl::StrCat("atomstream.", component));
    }
    watches_[""] = std::make_unique<HealthWatch>(harness_->NewChannel(), "");
    Give();  // until the first frame the source counts as away
    for (const auto& [name, watch] : watches_) watch->WaitFor(true);
  }
  ~FaultTest() override {
    wedge_.Open();
    watches_.clear();
    harness_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string Config() const { return folder_ + "/daemon.textproto"; }
  void Give() { harness_->source().Give(MakeFrame(++frames_)); }

  // Waits until `component` is shown so; GetStatus and the metrics agree, no other component has
  // changed, and of them all only the pipeline says whether the daemon is ready.
  void ExpectOnly(const std::string& component, bool serving) {
    const absl::Time patience = absl::Now() + absl::Minutes(1);
    v1::GetStatusResponse status;
    std::string metrics;
    // A pipeline that counts as stuck after a moment may do so, or no longer, in between.
    do {
      ASSERT_NE(watches_[component]->WaitFor(serving), absl::InfiniteFuture());
      if (component == "pipeline") watches_[""]->WaitFor(serving);
      grpc::ClientContext context;
      ASSERT_TRUE(harness_->stub().GetStatus(&context, {}, &status).ok());
      metrics = Metrics();
    } while (!AgreesOn(component, serving, status, metrics) && absl::Now() < patience);
    ASSERT_EQ(status.components_size(), 5);
    for (const v1::ComponentStatus& shown : status.components()) {
      const bool expected = shown.name() != component || serving;
      EXPECT_EQ(shown.serving(), expected) << shown.name() << ": " << shown.detail();
      EXPECT_EQ(Shown(metrics, shown.name()), expected) << shown.name();
      EXPECT_EQ(watches_[shown.name()]->states().back(), expected) << shown.name();
      if (shown.name() == component && !serving) detail_ = shown.detail();
    }
    const bool ready = component != "pipeline" || serving;
    EXPECT_EQ(watches_[""]->states().back(), ready);
    EXPECT_EQ(Sum(metrics, "atomstream_ready"), ready);
  }

  bool AgreesOn(const std::string& component, bool serving, const v1::GetStatusResponse& status,
                const std::string& metrics) {
    if (component == "pipeline" &&
        (watches_[""]->states().back() != serving || Sum(metrics, "atomstream_ready") != serving)) {
      return false;
    }
    for (const v1::ComponentStatus& shown : status.components()) {
      if (shown.name() == component && shown.serving() != serving) return false;
    }
    return watches_[component]->states().back() == serving &&
           (component.empty() || Shown(metrics, component) == serving);
  }

  static double Shown(const std::string& metrics, const std::string& component) {
    return Sum(metrics,
               absl::StrCat("atomstream_component_serving{component=\"", component, "\"}"));
  }

  std::string Metrics() { return Scrape(harness_->daemon().metrics_port()); }
  double Metric(const std::string& name) { return Sum(Metrics(), name); }
  // Until it has more than this.
  void WaitForMore(const std::string& name, double than) {
    while (Metric(name) <= than) std::this_thread::yield();
  }

  std::string folder_;
  std::atomic<int64_t> wedged_ = -1;  // number of the frame that is held
  Gate wedge_;
  std::atomic<bool> failing_ = false;
  std::atomic<size_t> atoms_ = 0;
  std::atomic<bool> not_a_number_ = false;
  int64_t frames_ = 0;
  std::string detail_;
  std::optional<DaemonHarness> harness_;
  std::map<std::string, std::unique_ptr<HealthWatch>> watches_;
};

TEST_F(FaultTest, ALostSourceIsToldAndComesBack) {
  EXPECT_EQ(Metric("atomstream_source_state{state=\"connecting\"}"), 0);
  EXPECT_EQ(Metric("atomstream_source_reconnects_total"), 0);
  harness_->source().Give(absl::UnavailableError("connection refused"));
  ExpectOnly("source", false);
  EXPECT_THAT(detail_, HasSubstr("connection refused"));
  EXPECT_EQ(Metric("atomstream_source_state{state=\"connecting\"}"), 1);
  EXPECT_EQ(Metric("atomstream_source_reconnects_total"), 1);
  Give();
  ExpectOnly("source", true);
  EXPECT_EQ(Metric("atomstream_source_state{state=\"connecting\"}"), 0);
}

class WedgeTest : public FaultTest {
 protected:
  WedgeTest() : FaultTest(absl::Milliseconds(100)) {}
};

TEST_F(WedgeTest, AWedgedWorkerIsToldAndGoesOn) {
  WaitForMore("atomstream_frames_processed_total", 0);
  wedged_ = frames_ + 1;
  Give();
  wedge_.WaitForArrivals(1);
  ExpectOnly("pipeline", false);
  EXPECT_THAT(detail_, HasSubstr("nothing was done for"));
  EXPECT_EQ(Metric("atomstream_frames_in_flight"), 1);
  // The U-Net's result of this frame may count; that of no other one does.
  EXPECT_LE(Metric("atomstream_frames_processed_total"), 2);
  wedge_.Open();
  ExpectOnly("pipeline", true);
  Give();
  WaitForMore("atomstream_frames_processed_total", 2);
}

// One of several workers is enough: the others may not hide it.
TEST_F(WedgeTest, AWedgedWorkerIsToldThoughFramesGoOnComing) {
  wedged_ = frames_ + 1;
  Give();
  wedge_.WaitForArrivals(1);  // a newer frame could take its place at the door
  std::atomic<bool> stop = false;
  std::thread frames([&] {
    while (!stop) {
      Give();
      harness_->source().WaitUntilAsked();
      std::this_thread::yield();
    }
  });
  watches_["pipeline"]->WaitFor(false);
  watches_[""]->WaitFor(false);
  WaitForMore("atomstream_frames_dropped_total{place=\"admission\",reason=\"overtaken\"}", 0);
  stop = true;
  frames.join();
  wedge_.Open();
  ExpectOnly("pipeline", true);
}

TEST_F(FaultTest, ADetectorThatFailsIsToldUntilItWorksAgain) {
  const double before = Metric("atomstream_frames_failed_total{detector=\"log_star\"}");
  failing_ = true;
  for (int i = 0; i < DetectorOutcomes::kBroken; ++i) {
    Give();
    WaitForMore("atomstream_frames_failed_total{detector=\"log_star\"}", before + i);
  }
  ExpectOnly("detector", false);
  EXPECT_THAT(detail_, HasSubstr("log_star failed on its last"));
  failing_ = false;
  Give();
  ExpectOnly("detector", true);
}

TEST_F(FaultTest, AStoreThatCannotWriteIsToldUntilThereIsRoom) {
  WaitForMore("atomstream_frames_processed_total", 0);
  EXPECT_EQ(Metric("atomstream_store_recording"), 1);
  {
    const WriteLimit full;
    Give();
    ExpectOnly("store", false);
    EXPECT_THAT(detail_, HasSubstr("results are not recorded"));
    EXPECT_EQ(Metric("atomstream_store_recording"), 0);
    EXPECT_GT(Metric("atomstream_store_results_waiting"), 0);
    // Published all the same.
    WaitForMore("atomstream_frames_processed_total", 1);
  }
  ExpectOnly("store", true);
  EXPECT_EQ(Metric("atomstream_store_recording"), 1);
  // A result that came since then waits for the next commit.
  while (Metric("atomstream_store_results_waiting") > 0) std::this_thread::yield();
  EXPECT_EQ(Metric("atomstream_store_results_lost_total"), 0);
}

TEST_F(FaultTest, ABrokenModelIsRefusedAndCounted) {
  EXPECT_EQ(Metric("atomstream_unet_reloads_total{outcome=\"refused\"}"), 0);
  std::ofstream(Config()) << "log_star { max_evaluations: 1 } unet { model: \"broken\" }";
  ASSERT_TRUE(harness_->daemon().Reload({}, [](const absl::StatusOr<ReloadOutcome>&) {}).ok());
  WaitForMore("atomstream_unet_reloads_total{outcome=\"refused\"}", 0);
  EXPECT_EQ(Metric("atomstream_unet_reloads_total{outcome=\"ok\"}"), 0);
  ExpectOnly("detector", true);  // the one before serves
}

TEST_F(FaultTest, AModelWhoseOutputIsNoNumberIsCountedAndABrokenDetector) {
  EXPECT_EQ(Metric("atomstream_unet_frames_total{outcome=\"non_finite\"}"), 0);
  not_a_number_ = true;
  const auto analyze = [this] {
    grpc::ClientContext context;
    v1::AnalyzeFrameRequest request;
    *request.mutable_frame() = TexturedFrame("f");
    request.add_detectors("unet");
    v1::AnalyzeFrameResponse response;
    harness_->stub().AnalyzeFrame(&context, request, &response);
  };
  for (int i = 0; i < DetectorOutcomes::kBroken; ++i) analyze();
  EXPECT_EQ(Metric("atomstream_unet_frames_total{outcome=\"non_finite\"}"),
            DetectorOutcomes::kBroken);
  ExpectOnly("detector", false);
  EXPECT_THAT(detail_, HasSubstr("unet failed on its last"));
  not_a_number_ = false;
  analyze();
  ExpectOnly("detector", true);
}

TEST_F(FaultTest, ASubscriberThatDoesNotReadIsSeenWhileItDoesNotAndToldAfterwards) {
  grpc::ClientContext context;
  v1::SubscribeRequest request;
  request.set_policy(v1::DELIVERY_POLICY_QUEUE);
  const auto reader = harness_->Subscribe(&context, request);  // and reads no more
  const std::string backlog = "atomstream_subscriber_backlog_results{policy=\"queue\"}";
  const std::string told = "atomstream_gap_results_total{policy=\"queue\"}";
  EXPECT_LE(Metric(backlog), 1);
  atoms_ = 10'000;  // soon more than the connection and the system's buffers hold
  while (Metric("atomstream_results_dropped_total{place=\"mailbox\"}") == 0) {
    for (int i = 0; i < 10; ++i) {
      Give();
      harness_->source().WaitUntilAsked();
    }
  }
  EXPECT_GT(Metric(backlog), 10);
  // It cannot be told of a gap now, so that the count of gaps says nothing of it yet.
  EXPECT_EQ(Metric(told), 0);
  ExpectOnly("", true);  // nobody else is affected
  v1::SubscribeResponse response;
  while (reader->Read(&response) && !response.has_gap()) {
  }
  EXPECT_GT(Metric(told), 0);
  context.TryCancel();
}

}  // namespace
}  // namespace atomstream
