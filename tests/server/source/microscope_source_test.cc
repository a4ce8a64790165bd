#include "server/source/microscope_source.h"

#include <atomic>
#include <thread>

#include "gmock/gmock.h"
#include "server/record/source_loss.h"
#include "tests/server/source/fake_microscope.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;
using Script = FakeMicroscope::Script;

v1::Frame SmallFrame(int64_t number) {
  v1::Frame frame;
  frame.set_frame_id(absl::StrCat("frame-", number));
  frame.set_frame_number(number);
  frame.set_width_px(8);
  frame.set_height_px(8);
  frame.set_pixel_type(v1::PIXEL_TYPE_U8);
  frame.set_pixels(std::string(64, static_cast<char>(number)));
  return frame;
}

std::unique_ptr<FrameSource> SourceOf(const FakeMicroscope& microscope) {
  static const SystemClock clock;
  MicroscopeSourceOptions options;
  options.address = microscope.address();
  auto source = MakeMicroscopeSource(options, &clock, &clock);
  EXPECT_TRUE(source.ok()) << source.status();
  return source.ok() ? *std::move(source) : nullptr;
}

TEST(MicroscopeSourceTest, DeliversFramesInOrder) {
  FakeMicroscope microscope({Script{{SmallFrame(1), SmallFrame(2)}}});
  auto source = SourceOf(microscope);
  for (const int64_t number : {1, 2}) {
    const auto frame = source->Next();
    ASSERT_TRUE(frame.ok()) << frame.status();
    EXPECT_EQ((*frame)->metadata().number, number);
    EXPECT_EQ((*frame)->metadata().id, absl::StrCat("frame-", number));
    EXPECT_EQ((*frame)->image()(7, 7), static_cast<float>(number));
  }
  EXPECT_EQ(source->Description(), "microscope " + microscope.address());
}

// A second goes by whenever it is asked for the time.
class TickingClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch() + absl::Seconds(ticks_++); }

 private:
  mutable std::atomic<int> ticks_ = 0;
};

TEST(MicroscopeSourceTest, TellsHowLongUnpackingTook) {
  FakeMicroscope microscope({Script{{SmallFrame(1)}}});
  const SystemClock clock;
  const TickingClock steady_clock;
  MicroscopeSourceOptions options;
  options.address = microscope.address();
  const auto source = MakeMicroscopeSource(options, &clock, &steady_clock);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->decode_time(), absl::ZeroDuration());
  ASSERT_TRUE((*source)->Next().ok());
  EXPECT_EQ((*source)->decode_time(), absl::Seconds(1));
}

TEST(MicroscopeSourceTest, SaysUnavailableWhenTheStreamEndsAndDialsAgain) {
  FakeMicroscope microscope(
      {Script{{SmallFrame(1)}, grpc::Status(grpc::StatusCode::UNAVAILABLE, "link dropped")},
       Script{{SmallFrame(2)}},
       Script{{}, grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "scan refused")},
       Script{{SmallFrame(3)}}});
  auto source = SourceOf(microscope);
  EXPECT_TRUE(source->Next().ok());
  const absl::Status lost = source->Next().status();
  EXPECT_EQ(lost.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(lost.message()), HasSubstr("link dropped"));
  EXPECT_EQ(LossReasonOf(lost), LossReason::kBroken);
  EXPECT_TRUE(source->Next().ok());
  // A stream that ends well is over all the same.
  const absl::Status ended = source->Next().status();
  EXPECT_EQ(ended.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(LossReasonOf(ended), LossReason::kEnded);
  // What the microscope refuses is not a bad frame.
  const absl::Status refused = source->Next().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("scan refused"));
  EXPECT_EQ(LossReasonOf(refused), LossReason::kInvalid);
  EXPECT_TRUE(source->Next().ok());
}

TEST(MicroscopeSourceTest, RefusesABadFrameAndTakesTheNextOfTheSameStream) {
  v1::Frame short_of_bytes = SmallFrame(2);
  short_of_bytes.mutable_pixels()->resize(63);
  v1::Frame no_type = SmallFrame(3);
  no_type.clear_pixel_type();
  FakeMicroscope microscope({Script{{SmallFrame(1), short_of_bytes, no_type, SmallFrame(4)}}});
  auto source = SourceOf(microscope);
  EXPECT_TRUE(source->Next().ok());
  const absl::Status bytes = source->Next().status();
  EXPECT_EQ(bytes.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(bytes.message()), HasSubstr("pixels = 63 bytes"));
  EXPECT_THAT(std::string(source->Next().status().message()), HasSubstr("pixel_type = 0"));
  const auto good = source->Next();
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_EQ((*good)->metadata().number, 4);
  EXPECT_EQ(microscope.requests().size(), 1u);
}

TEST(MicroscopeSourceTest, NamesAFrameThatHasNoName) {
  v1::Frame first = SmallFrame(1), second = SmallFrame(2);
  first.clear_frame_id();
  second.clear_frame_id();
  FakeMicroscope microscope({Script{{first, second}}});
  auto source = SourceOf(microscope);
  const auto a = source->Next(), b = source->Next();
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_NE((*a)->metadata().id, "");
  EXPECT_NE((*a)->metadata().id, (*b)->metadata().id);
}

TEST(MicroscopeSourceTest, ReceivesTheLargestFrame) {
  v1::Frame large = SmallFrame(1);
  large.set_width_px(4096);
  large.set_height_px(4096);
  large.set_pixel_type(v1::PIXEL_TYPE_F32);
  large.set_pixels(std::string(size_t{4096} * 4096 * 4, '\0'));
  FakeMicroscope microscope({Script{{large}}});
  const auto frame = SourceOf(microscope)->Next();
  ASSERT_TRUE(frame.ok()) << frame.status();
  EXPECT_EQ((*frame)->width(), 4096);
}

TEST(MicroscopeSourceTest, AsksForTheConfiguredScan) {
  FakeMicroscope microscope({Script{{SmallFrame(1)}}});
  const SystemClock clock;
  MicroscopeSourceOptions options;
  options.address = microscope.address();
  options.size_px = 256;
  options.dwell_time = absl::Microseconds(1500000);
  options.detector = "BF";
  auto source = MakeMicroscopeSource(options, &clock, &clock);
  ASSERT_TRUE(source.ok());
  ASSERT_TRUE((*source)->Next().ok());
  const auto requests = microscope.requests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].scan().size_px(), 256);
  EXPECT_EQ(requests[0].scan().dwell_time().seconds(), 1);
  EXPECT_EQ(requests[0].scan().dwell_time().nanos(), 500000000);
  EXPECT_EQ(requests[0].scan().detector(), "BF");
}

TEST(MicroscopeSourceTest, CancelEndsABlockedNext) {
  Script hang{{SmallFrame(1)}};
  hang.hang = true;
  FakeMicroscope microscope({hang});
  auto source = SourceOf(microscope);
  ASSERT_TRUE(source->Next().ok());
  microscope.AwaitHang();
  absl::Status status;
  std::thread reader([&] { status = source->Next().status(); });
  source->Cancel();
  reader.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(source->Next().status().code(), absl::StatusCode::kCancelled);
}

TEST(MicroscopeSourceTest, CanBeDestroyedInTheMiddleOfAStream) {
  Script hang{{SmallFrame(1)}};
  hang.hang = true;
  FakeMicroscope microscope({hang});
  auto source = SourceOf(microscope);
  ASSERT_TRUE(source->Next().ok());
  source.reset();
}

TEST(MicroscopeSourceTest, SaysUnavailableWhenNobodyIsThere) {
  std::string address;
  { address = FakeMicroscope({}).address(); }
  const SystemClock clock;
  MicroscopeSourceOptions options;
  options.address = address;
  options.dialling = absl::Milliseconds(50);
  auto source = MakeMicroscopeSource(options, &clock, &clock);
  ASSERT_TRUE(source.ok());
  for (int i = 0; i < 2; ++i) {
    const absl::Status nobody = (*source)->Next().status();
    EXPECT_EQ(nobody.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(LossReasonOf(nobody), LossReason::kUnreachable);
  }
}

TEST(MicroscopeSourceTest, RefusesOptionsThatCannotWork) {
  const SystemClock clock;
  const auto error = [&](const MicroscopeSourceOptions& options) {
    return std::string(MakeMicroscopeSource(options, &clock, &clock).status().message());
  };
  MicroscopeSourceOptions options;
  EXPECT_THAT(error(options), HasSubstr("address"));
  options.address = "127.0.0.1:1";
  options.size_px = 4097;
  EXPECT_THAT(error(options), HasSubstr("size_px = 4097"));
  options.size_px = 0;
  options.dwell_time = -absl::Seconds(1);
  EXPECT_THAT(error(options), HasSubstr("dwell_time = -1s"));
}

}  // namespace
}  // namespace atomstream
