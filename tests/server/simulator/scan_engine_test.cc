#include "server/simulator/scan_engine.h"

#include <cmath>
#include <cstring>
#include <optional>
#include <vector>

#include "gmock/gmock.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;

SimulatorOptions SmallOptions() {
  SimulatorOptions options;
  options.size_px = 32;
  options.pixel_size_nm = 0.05;
  options.render_ahead = 2;
  return options;
}

// A reader that takes up to `room` frames at once.
class FakeReceiver final : public FrameReceiver {
 public:
  explicit FakeReceiver(int room) : room_(room) {}

  void Offer(std::shared_ptr<const v1::StreamFramesResponse> frame) override {
    MutexLock lock(&mutex_);
    if (room_ > 0) --room_;
    frames_.push_back(std::move(frame));
    changed_.NotifyAll();
  }
  bool IsIdle() override {
    MutexLock lock(&mutex_);
    return room_ > 0 && !end_;
  }
  void End(const absl::Status& why) override {
    MutexLock lock(&mutex_);
    if (!end_) end_ = why;
    changed_.NotifyAll();
  }

  absl::Status AwaitEnd() {
    MutexLock lock(&mutex_);
    while (!end_) changed_.Wait(&mutex_);
    return *end_;
  }
  void AwaitFrames(size_t count) {
    MutexLock lock(&mutex_);
    while (frames_.size() < count) changed_.Wait(&mutex_);
  }
  std::vector<int64_t> Numbers() {
    MutexLock lock(&mutex_);
    std::vector<int64_t> numbers;
    for (const auto& frame : frames_) numbers.push_back(frame->frame().frame_number());
    return numbers;
  }
  v1::Frame FrameAt(size_t index) {
    MutexLock lock(&mutex_);
    return frames_[index]->frame();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int room_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<const v1::StreamFramesResponse>> frames_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

class ScanEngineTest : public ::testing::Test {
 protected:
  ScanEngineTest() : renderer_(FrameRenderer::Create(SmallOptions(), "run")) {}

  std::unique_ptr<ScanEngine> MakeEngine(const std::string& faults, int64_t frames,
                                         double rate_hz = 0) {
    return std::make_unique<ScanEngine>(
        ScanEngine::Options{rate_hz, frames, 32, *ParseFaultPlan(faults)}, renderer_->get(),
        &clock_);
  }

  const SystemClock clock_;
  const absl::StatusOr<std::unique_ptr<FrameRenderer>> renderer_;
};

TEST_F(ScanEngineTest, NumbersFramesFromOneAndEndsAfterTheLast) {
  FakeReceiver receiver(100);
  auto engine = MakeEngine("", 3);
  engine->Add(&receiver);
  engine->Start();
  EXPECT_TRUE(receiver.AwaitEnd().ok());
  EXPECT_THAT(receiver.Numbers(), ElementsAre(1, 2, 3));
  FakeReceiver late(1);
  engine->Add(&late);
  EXPECT_TRUE(late.AwaitEnd().ok());
  EXPECT_THAT(late.Numbers(), ElementsAre());
  engine->Stop();
}

TEST_F(ScanEngineTest, WithoutARateScansOnlyAsFastAsAReaderTakes) {
  FakeReceiver slow(2);
  auto engine = MakeEngine("", 0);
  engine->Add(&slow);
  engine->Start();
  slow.AwaitFrames(2);
  engine->Stop();
  EXPECT_EQ(slow.AwaitEnd().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(slow.Numbers(), ElementsAre(1, 2));
}

TEST_F(ScanEngineTest, WithARateDoesNotWaitForABusyReader) {
  FakeReceiver busy(0);  // never idle: an engine that waited for it would offer nothing
  auto engine = MakeEngine("", 3, /*rate_hz=*/1e4);
  engine->Add(&busy);
  engine->Start();
  EXPECT_TRUE(busy.AwaitEnd().ok());
  EXPECT_THAT(busy.Numbers(), ElementsAre(1, 2, 3));
  engine->Stop();
}

TEST_F(ScanEngineTest, DropsTheLinkAndCountsOn) {
  FakeReceiver first(100);
  auto engine = MakeEngine("drop_link_every_3", 5);
  engine->Add(&first);
  engine->Start();
  EXPECT_EQ(first.AwaitEnd().code(), absl::StatusCode::kUnavailable);
  engine->Remove(&first);
  EXPECT_THAT(first.Numbers(), ElementsAre(1, 2));
  FakeReceiver second(100);
  engine->Add(&second);
  EXPECT_TRUE(second.AwaitEnd().ok());
  EXPECT_THAT(second.Numbers(), ElementsAre(4, 5));
  engine->Stop();
}

TEST_F(ScanEngineTest, SpoilsFramesInTurn) {
  FakeReceiver receiver(100);
  auto engine = MakeEngine("bad_frame_every_2", 5);
  engine->Add(&receiver);
  engine->Start();
  ASSERT_TRUE(receiver.AwaitEnd().ok());
  engine->Stop();
  const size_t whole = 32 * 32 * 4;
  const auto count_nan = [](const v1::Frame& frame) {
    int count = 0;
    for (size_t i = 0; i + 4 <= frame.pixels().size(); i += 4) {
      float value;
      std::memcpy(&value, frame.pixels().data() + i, 4);
      count += std::isnan(value);
    }
    return count;
  };
  for (const size_t good : {0, 2, 4}) {
    EXPECT_EQ(receiver.FrameAt(good).pixels().size(), whole);
    EXPECT_EQ(count_nan(receiver.FrameAt(good)), 0);
  }
  EXPECT_EQ(receiver.FrameAt(1).pixels().size(), whole - 3);
  EXPECT_EQ(receiver.FrameAt(3).pixels().size(), whole);
  EXPECT_EQ(count_nan(receiver.FrameAt(3)), 1);
}

TEST_F(ScanEngineTest, RepeatsNumbers) {
  FakeReceiver receiver(100);
  auto engine = MakeEngine("duplicate_number_every_3", 5);
  engine->Add(&receiver);
  engine->Start();
  ASSERT_TRUE(receiver.AwaitEnd().ok());
  engine->Stop();
  EXPECT_THAT(receiver.Numbers(), ElementsAre(1, 2, 2, 4, 5));
}

TEST_F(ScanEngineTest, StallsUntilItIsStopped) {
  FakeReceiver receiver(100);
  auto engine = MakeEngine("stall_after_2", 0);
  engine->Add(&receiver);
  engine->Start();
  receiver.AwaitFrames(2);
  engine->Stop();
  EXPECT_THAT(receiver.Numbers(), ElementsAre(1, 2));
}

TEST(FrameRendererTest, AFrameDependsOnItsNumberAlone) {
  SimulatorOptions options = SmallOptions();
  options.render_ahead = 0;
  options.noise = 0.3;
  const auto renderer = FrameRenderer::Create(options, "run");
  ASSERT_TRUE(renderer.ok()) << renderer.status();
  const absl::Time time = absl::FromUnixMillis(1234567);
  const auto first = (*renderer)->Render(1, 32, time), again = (*renderer)->Render(1, 32, time),
             second = (*renderer)->Render(2, 32, time);
  ASSERT_TRUE(first.ok() && again.ok() && second.ok());
  EXPECT_EQ(first->SerializeAsString(), again->SerializeAsString());
  EXPECT_NE(first->pixels(), second->pixels());
  EXPECT_EQ(first->frame_id(), "sim-run-1");
  EXPECT_EQ(first->acquisition_time().seconds(), 1234);
  EXPECT_EQ(first->acquisition_time().nanos(), 567000000);
  EXPECT_GT(first->ground_truth().x_px_size(), 0);
  EXPECT_EQ(first->ground_truth().x_px_size(), first->ground_truth().y_px_size());
}

TEST(FrameRendererTest, AFrameRenderedAheadIsTheOneRenderedOnDemand) {
  SimulatorOptions options = SmallOptions();
  const auto ahead = FrameRenderer::Create(options, "run");
  options.render_ahead = 0;
  const auto live = FrameRenderer::Create(options, "run");
  ASSERT_TRUE(ahead.ok() && live.ok());
  const absl::Time time = absl::FromUnixSeconds(1);
  EXPECT_EQ((*ahead)->Render(2, 32, time)->SerializeAsString(),
            (*live)->Render(2, 32, time)->SerializeAsString());
  // Two were rendered: the third shows the first again, under its own number.
  const auto first = (*ahead)->Render(1, 32, time), third = (*ahead)->Render(3, 32, time);
  EXPECT_EQ(first->pixels(), third->pixels());
  EXPECT_EQ(third->frame_number(), 3);
}

TEST(FrameRendererTest, StatesTheScaledPixelSize) {
  SimulatorOptions options = SmallOptions();
  options.metadata_scale = 1.2;
  const auto renderer = FrameRenderer::Create(options, "run");
  ASSERT_TRUE(renderer.ok());
  EXPECT_NEAR((*renderer)->Render(1, 32, absl::UnixEpoch())->pixel_size_nm(), 0.06, 1e-12);
}

TEST(FrameRendererTest, CountsHoldTheSameImageAsFloats) {
  SimulatorOptions options = SmallOptions();
  const auto floats = FrameRenderer::Create(options, "run");
  options.pixel_type = "u16";
  const auto counts = FrameRenderer::Create(options, "run");
  ASSERT_TRUE(floats.ok() && counts.ok());
  const v1::Frame f = *(*floats)->Render(1, 32, absl::UnixEpoch());
  const v1::Frame c = *(*counts)->Render(1, 32, absl::UnixEpoch());
  ASSERT_EQ(c.pixels().size() * 2, f.pixels().size());
  for (size_t i = 0; i < 32 * 32; ++i) {
    float value;
    uint16_t count;
    std::memcpy(&value, f.pixels().data() + 4 * i, 4);
    std::memcpy(&count, c.pixels().data() + 2 * i, 2);
    // Half a count, by rounding.
    ASSERT_NEAR((count - 16384) / 8192.0, value, 0.5 / 8192 + 1e-6);
  }
}

TEST(FrameRendererTest, NamesTheOptionThatCannotWork) {
  const auto error = [](auto change) {
    SimulatorOptions options = SmallOptions();
    change(options);
    return std::string(FrameRenderer::Create(options, "run").status().message());
  };
  using ::testing::HasSubstr;
  EXPECT_THAT(error([](auto& o) { o.size_px = 7; }), HasSubstr("size_px = 7"));
  EXPECT_THAT(error([](auto& o) { o.material = "cheese"; }), HasSubstr("cheese"));
  EXPECT_THAT(error([](auto& o) { o.vacancies = 2; }), HasSubstr("vacanc"));
  EXPECT_THAT(error([](auto& o) { o.noise = -1; }), HasSubstr("noise = -1"));
  EXPECT_THAT(error([](auto& o) { o.pixel_type = "f64"; }), HasSubstr("pixel_type = f64"));
  EXPECT_THAT(error([](auto& o) { o.rate_hz = std::nan(""); }), HasSubstr("rate_hz = nan"));
}

}  // namespace
}  // namespace atomstream
