#include "server/source/replay_source.h"

#include <vector>

#include "client/cpp/image_file.h"
#include "gmock/gmock.h"
#include "tests/client/image_fixtures.h"
#include "tests/fakes/fake_clock.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Waits by moving the clock.
class MovingWait final : public InterruptibleWait {
 public:
  MovingWait(FakeClock* clock, std::vector<absl::Duration>* waits)
      : clock_(*clock), waits_(*waits) {}
  bool WaitFor(absl::Duration duration) override {
    if (interrupted_) return false;
    waits_.push_back(duration);
    clock_.Advance(duration);
    return true;
  }
  void Interrupt() override { interrupted_ = true; }

 private:
  FakeClock& clock_;
  std::vector<absl::Duration>& waits_;
  bool interrupted_ = false;
};

class ReplaySourceTest : public ::testing::Test {
 protected:
  // `pages` 8 x 8 pages of one value each.
  void WriteFile(const std::string& name, const std::vector<uint8_t>& values) {
    std::vector<RawImage> pages;
    for (const uint8_t value : values) {
      pages.push_back(
          {8, 8, RawImage::PixelType::kU8, std::string(64, static_cast<char>(value)), 0});
    }
    ASSERT_TRUE(WriteNpy(folder_ / name, pages).ok());
  }

  std::unique_ptr<FrameSource> Make(ReplaySourceOptions options) {
    if (options.path.empty()) options.path = folder_.path();
    auto source =
        MakeReplaySource(options, &clock_, std::make_unique<MovingWait>(&clock_, &waits_));
    EXPECT_TRUE(source.ok()) << source.status();
    return source.ok() ? *std::move(source) : nullptr;
  }

  // The first pixel of each frame until `count` calls or an error other than InvalidArgument, which
  // counts as -1.
  std::vector<int> Values(FrameSource& source, int count) {
    std::vector<int> values;
    for (int i = 0; i < count; ++i) {
      const auto frame = source.Next();
      if (frame.ok()) {
        values.push_back(static_cast<int>((*frame)->image()(0, 0)));
      } else if (absl::IsInvalidArgument(frame.status())) {
        values.push_back(-1);
      } else {
        last_ = frame.status();
        break;
      }
    }
    return values;
  }

  TempFolder folder_;
  FakeClock clock_;
  std::vector<absl::Duration> waits_;
  absl::Status last_;
};

TEST_F(ReplaySourceTest, PlaysTheFilesOfAFolderByNameAndEnds) {
  WriteFile("b.npy", {3});
  WriteFile("a.npy", {1, 2});
  WriteBytes(folder_ / "readme.txt", "not an image");
  auto source = Make({});
  EXPECT_THAT(Values(*source, 10), ElementsAre(1, 2, 3));
  EXPECT_EQ(last_.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(source->Next().status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(waits_.empty());
  EXPECT_EQ(source->Description(), "replay " + folder_.path());
}

TEST_F(ReplaySourceTest, GivesEachFrameNumberNamePixelSizeAndMaterial) {
  WriteFile("a.npy", {1, 2});
  ReplaySourceOptions options;
  options.path = folder_ / "a.npy";
  options.pixel_size_nm = 0.02;
  options.material = "graphene";
  auto source = Make(options);
  ASSERT_TRUE(source->Next().ok());
  const auto frame = source->Next();
  ASSERT_TRUE(frame.ok()) << frame.status();
  const FrameMetadata& metadata = (*frame)->metadata();
  EXPECT_EQ(metadata.id, "a.npy#1");
  EXPECT_EQ(metadata.number, 2);
  EXPECT_EQ(metadata.pixel_size_nm, 0.02);
  EXPECT_EQ(metadata.material, "graphene");
  EXPECT_EQ(metadata.acquisition_time, clock_.Now());
}

TEST_F(ReplaySourceTest, LoopsWithRisingNumbersAndNewNames) {
  WriteFile("a.npy", {1, 2});
  ReplaySourceOptions options;
  options.loop = true;
  auto source = Make(options);
  EXPECT_THAT(Values(*source, 4), ElementsAre(1, 2, 1, 2));
  const auto frame = source->Next();
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ((*frame)->metadata().number, 5);
  EXPECT_EQ((*frame)->metadata().id, "a.npy#0@3");
}

TEST_F(ReplaySourceTest, RefusesABadFileOnceAndGoesOn) {
  WriteFile("a.npy", {1});
  WriteBytes(folder_ / "b.npy", NpyBytes(NpyHeaderText("|u1", "(2, 8, 8)"), "too short"));
  WriteBytes(folder_ / "c.tif", "not a TIFF file");
  WriteFile("d.npy", {4});
  auto source = Make({});
  EXPECT_THAT(Values(*source, 10), ElementsAre(1, -1, -1, 4));
  EXPECT_EQ(last_.code(), absl::StatusCode::kOutOfRange);
}

TEST_F(ReplaySourceTest, RefusesABadPageAloneAndNamesIt) {
  std::vector<float> values(3 * 64, 5);
  values[64 + 10] = std::numeric_limits<float>::quiet_NaN();
  WriteBytes(folder_ / "a.npy", NpyBytes(NpyHeaderText("<f4", "(3, 8, 8)"), BytesOf(values)));
  auto source = Make({});
  EXPECT_THAT(Values(*source, 1), ElementsAre(5));
  const absl::Status status = source->Next().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("pixels = nan at row 1, column 2: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("a.npy, page 1"));
  EXPECT_THAT(Values(*source, 10), ElementsAre(5));
}

TEST_F(ReplaySourceTest, NamesTheFileThatVanished) {
  WriteFile("a.npy", {1});
  auto source = Make({});
  std::filesystem::remove(folder_ / "a.npy");
  const absl::Status status = source->Next().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("file = " + (folder_ / "a.npy") + ": "));
}

TEST_F(ReplaySourceTest, EndsALoopThatGivesNoFrame) {
  WriteBytes(folder_ / "a.npy", "nonsense");
  ReplaySourceOptions options;
  options.loop = true;
  auto source = Make(options);
  EXPECT_THAT(Values(*source, 10), ElementsAre(-1));
  EXPECT_EQ(last_.code(), absl::StatusCode::kOutOfRange);
}

TEST_F(ReplaySourceTest, KeepsTheRateAndDoesNotCatchUpInABurst) {
  WriteFile("a.npy", {1, 2, 3, 4, 5});
  ReplaySourceOptions options;
  options.rate_hz = 10;
  auto source = Make(options);
  ASSERT_TRUE(source->Next().ok());  // at once
  clock_.Advance(absl::Milliseconds(30));
  ASSERT_TRUE(source->Next().ok());  // due 100 ms after the first
  clock_.Advance(absl::Milliseconds(950));
  ASSERT_TRUE(source->Next().ok());  // late: at once
  ASSERT_TRUE(source->Next().ok());  // at once: due a period after the one before was due
  ASSERT_TRUE(source->Next().ok());  // back to the rate
  EXPECT_THAT(waits_, ElementsAre(absl::Milliseconds(70), absl::Milliseconds(100)));
}

TEST_F(ReplaySourceTest, AClockThatIsSetDoesNotHoldItUp) {
  WriteFile("a.npy", {1, 2, 3});
  ReplaySourceOptions options;
  options.rate_hz = 10;
  auto source = Make(options);
  ASSERT_TRUE(source->Next().ok());
  clock_.Advance(-absl::Hours(1));
  ASSERT_TRUE(source->Next().ok());
  clock_.Advance(absl::Hours(2));
  ASSERT_TRUE(source->Next().ok());
  EXPECT_THAT(waits_, ElementsAre(absl::Milliseconds(100)));
}

TEST_F(ReplaySourceTest, CancelEndsTheWaitAndEverythingAfter) {
  WriteFile("a.npy", {1, 2});
  ReplaySourceOptions options;
  options.rate_hz = 0.001;
  auto source = Make(options);
  ASSERT_TRUE(source->Next().ok());
  source->Cancel();
  source->Cancel();
  EXPECT_EQ(source->Next().status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(source->Next().status().code(), absl::StatusCode::kCancelled);
}

TEST_F(ReplaySourceTest, RefusesOptionsThatCannotWork) {
  const auto error = [&](const ReplaySourceOptions& options) {
    return MakeReplaySource(options, &clock_, std::make_unique<MovingWait>(&clock_, &waits_))
        .status();
  };
  ReplaySourceOptions missing;
  missing.path = folder_ / "missing";
  EXPECT_EQ(error(missing).code(), absl::StatusCode::kNotFound);
  ReplaySourceOptions empty;
  empty.path = folder_.path();
  EXPECT_EQ(error(empty).code(), absl::StatusCode::kNotFound);
  ReplaySourceOptions rate = empty;
  rate.rate_hz = -1;
  EXPECT_THAT(std::string(error(rate).message()), HasSubstr("rate_hz = -1"));
  ReplaySourceOptions size = empty;
  size.pixel_size_nm = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(std::string(error(size).message()), HasSubstr("pixel_size_nm = nan"));
}

}  // namespace
}  // namespace atomstream
