#include "server/store/frame_finder.h"

#include <gmock/gmock.h>

#include "tests/server/store/kept_frames_fixture.h"

namespace atomstream {
namespace {

using testing::HasSubstr;

// Frames are forgotten at once.
class FrameFinderTest : public KeptFramesFixture {
 protected:
  FrameFinderTest() : KeptFramesFixture(0) {}

  std::string WhyNotFound(const std::string& frame_id) {
    const absl::Status status = finder_.Find(frame_id).status();
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    return std::string(status.message());
  }
};

TEST_F(FrameFinderTest, FindsInMemoryBeforeItLooksOnDisk) {
  FrameCache cache(1 << 20);
  const FrameFinder finder({.cache = &cache, .store = &store_, .keeper = &keeper_});
  const auto frame = FrameOf("a", 1);
  Process(frame);
  cache.Add(frame);
  EXPECT_EQ(*finder.Find("a"), frame);
  EXPECT_EQ(*finder.Find(""), frame);
  EXPECT_EQ(*finder.FindInMemory("a"), frame);
  EXPECT_EQ(reads(), 0);
}

TEST_F(FrameFinderTest, FindsOnDiskWhatIsNoLongerInMemory) {
  Process(FrameOf("a", 1));
  Process(FrameOf("b", 2));
  OnDisk([](auto&) {});
  EXPECT_TRUE(absl::IsNotFound(finder_.FindInMemory("a").status()));
  const auto a = finder_.Find("a");
  ASSERT_TRUE(a.ok()) << a.status();
  EXPECT_EQ((*a)->metadata().number, 1);
  EXPECT_EQ((*finder_.Find(""))->metadata().id, "b");
  EXPECT_EQ(reads(), 2);
}

TEST_F(FrameFinderTest, LooksOnDiskWhileFramesAreKeptThere) {
  Process(FrameOf("a", 1));
  OnDisk([](auto&) {});
  finder_.SetMaxKeptFrameMib(0);
  EXPECT_FALSE(finder_.looks_on_disk());
  EXPECT_THAT(WhyNotFound("a"), HasSubstr("no frames are kept (history.max_frame_mib = 0)"));
  finder_.SetMaxKeptFrameMib(3);
  EXPECT_TRUE(finder_.looks_on_disk());
  EXPECT_TRUE(finder_.Find("a").ok());
  OnDisk([](auto& files) { files.clear(); });
  EXPECT_THAT(WhyNotFound("a"), HasSubstr("history.max_kept_frame_mib = 3"));
}

TEST_F(FrameFinderTest, SaysWhyThereIsNone) {
  EXPECT_THAT(WhyNotFound(""), HasSubstr("no frame has a result yet"));
  EXPECT_THAT(WhyNotFound("a"), HasSubstr("frame_id = a: no result of this frame is kept"));
  Process(FrameOf("a", 1), /*keep=*/false);
  EXPECT_THAT(WhyNotFound("a"), HasSubstr("frame_id = a: its pixels were not written to disk"));
  Process(FrameOf("b", 2));
  OnDisk([](auto& files) { files.clear(); });
  EXPECT_THAT(WhyNotFound("b"),
              HasSubstr("frame_id = b: its pixels are no longer on disk, or could not be "
                        "written (history.max_kept_frame_mib = 7 keeps the newest)"));
  const FrameFinder without({.cache = &cache_, .store = &store_});
  EXPECT_FALSE(without.looks_on_disk());
  EXPECT_THAT(std::string(without.Find("b").status().message()),
              HasSubstr("history.max_frame_mib = 0"));
}

TEST_F(FrameFinderTest, SaysThatAFrameIsDamaged) {
  Process(FrameOf("a", 1));
  OnDisk([](auto& files) { files.begin()->second.clear(); });
  const absl::Status status = finder_.Find("a").status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("frame_id = a: "));
  EXPECT_EQ(metrics_.reads_damaged->value(), 1);
}

TEST_F(FrameFinderTest, TellsFramesOfOneIdApart) {
  FrameCache cache(1 << 20);
  const FrameFinder finder(
      {.cache = &cache, .store = &store_, .keeper = &keeper_, .max_kept_frame_mib = 7});
  const EntryKey first = Process(FrameOf("same", 1));
  const EntryKey second = Process(FrameOf("same", 2));
  cache.Add(FrameOf("same", 2));
  EXPECT_TRUE(absl::IsNotFound(finder.FindOfInMemory(first).status()));
  EXPECT_EQ((*finder.FindOf(first))->metadata().number, 1);
  EXPECT_EQ((*finder.FindOfInMemory(second))->metadata().number, 2);
  EXPECT_EQ((*finder.Find("same"))->metadata().number, 2);
}

}  // namespace
}  // namespace atomstream
