#include "server/store/frame_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fakes/test_frames.h"

namespace atomstream {
namespace {

using testing::HasSubstr;

const int64_t kOne = FrameCache::BytesOf(*MakeNamedFrame("any"));

TEST(FrameCacheTest, ReturnsTheFrameItself) {
  FrameCache cache(10 * kOne);
  const std::shared_ptr<const Frame> frame = MakeNamedFrame("a");
  cache.Add(frame);
  cache.Add(MakeNamedFrame("b"));
  EXPECT_EQ(*cache.Get("a"), frame);
  EXPECT_EQ((*cache.Newest())->metadata().id, "b");
}

TEST(FrameCacheTest, TheOldestMakeRoom) {
  FrameCache cache(3 * kOne);
  for (const char* id : {"a", "b", "c", "d"}) cache.Add(MakeNamedFrame(id));
  EXPECT_TRUE(absl::IsNotFound(cache.Get("a").status()));
  for (const char* id : {"b", "c", "d"}) EXPECT_TRUE(cache.Get(id).ok()) << id;
  EXPECT_EQ(cache.frames(), 3);
  EXPECT_EQ(cache.bytes(), 3 * kOne);
}

TEST(FrameCacheTest, TheSecondResultOfAnOldFrameDoesNotMakeItNewer) {
  FrameCache cache(2 * kOne);
  const std::shared_ptr<const Frame> old = MakeNamedFrame("old");
  cache.Add(old);
  cache.Add(MakeNamedFrame("new"));
  cache.Add(old);
  EXPECT_EQ((*cache.Newest())->metadata().id, "new");
  cache.Add(MakeNamedFrame("newest"));
  EXPECT_FALSE(cache.Get("old").ok());
  EXPECT_TRUE(cache.Get("new").ok());
}

TEST(FrameCacheTest, AnotherFrameOfTheSameIdTakesItsPlace) {
  FrameCache cache(10 * kOne);
  cache.Add(MakeNamedFrame("a"));
  cache.Add(MakeNamedFrame("b"));
  const std::shared_ptr<const Frame> again = MakeNamedFrame("a");
  cache.Add(again);
  EXPECT_EQ(*cache.Get("a"), again);
  EXPECT_EQ(*cache.Newest(), again);
  EXPECT_EQ(cache.frames(), 2);
  EXPECT_EQ(cache.bytes(), 2 * kOne);
}

TEST(FrameCacheTest, AFrameLargerThanTheBoundIsNotKeptAndPushesNothingOut) {
  FrameCache cache(2 * kOne);
  cache.Add(MakeNamedFrame("small"));
  FrameMetadata metadata;
  metadata.id = "large";
  cache.Add(*Frame::Create(metadata, 64, 64, PixelType::kU8, std::string(4096, '\0')));
  EXPECT_FALSE(cache.Get("large").ok());
  EXPECT_TRUE(cache.Get("small").ok());
}

TEST(FrameCacheTest, TruthCounts) {
  FrameMetadata metadata;
  metadata.id = "true";
  metadata.ground_truth = std::vector<PointPx>(100);
  EXPECT_EQ(FrameCache::BytesOf(*MakeFrame(metadata)),
            kOne + 100 * static_cast<int64_t>(sizeof(PointPx)));
}

TEST(FrameCacheTest, SaysWhatIsMissingAndWhy) {
  FrameCache cache(int64_t{5} << 20);
  EXPECT_THAT(cache.Get("lost").status().message(), HasSubstr("frame_id = lost: no frame"));
  EXPECT_THAT(cache.Newest().status().message(), HasSubstr("history.max_frame_mib = 5 keeps"));
}

TEST(FrameCacheTest, OfNoBytesKeepsNothingAndSaysSo) {
  FrameCache cache(0);
  cache.Add(MakeNamedFrame("a"));
  EXPECT_EQ(cache.frames(), 0);
  EXPECT_TRUE(absl::IsNotFound(cache.Get("a").status()));
  EXPECT_THAT(cache.Get("a").status().message(), HasSubstr("no frames are kept"));
}

TEST(FrameCacheTest, LessRoomFreesTheOldestAtOnceAndNoneAll) {
  FrameCache cache(8 * kOne);
  for (const char* id : {"a", "b", "c", "d"}) cache.Add(MakeNamedFrame(id));
  cache.SetMaxBytes(2 * kOne);
  EXPECT_EQ(cache.frames(), 2);
  EXPECT_FALSE(cache.Get("b").ok());
  EXPECT_TRUE(cache.Get("c").ok());
  cache.SetMaxBytes(3 * kOne);
  cache.Add(MakeNamedFrame("e"));
  EXPECT_TRUE(cache.Get("c").ok());
  cache.SetMaxBytes(0);
  EXPECT_EQ(cache.bytes(), 0);
  cache.Add(MakeNamedFrame("f"));
  EXPECT_THAT(cache.Get("f").status().message(), HasSubstr("no frames are kept"));
}

TEST(FrameCacheTest, HoldsItsBoundWhileManyAddAndLookUp) {
  FrameCache cache(8 * kOne);
  std::atomic<bool> within = true;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        cache.Add(MakeNamedFrame(absl::StrCat(t % 2, "-", i)));
        within = within && cache.Newest().ok();
        within = within && cache.bytes() <= 8 * kOne;
      }
    });
  }
  for (int i = 0; i < 200; ++i) cache.SetMaxBytes((1 + i % 8) * kOne);  // the last: all 8
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(within);
  // The others may have ended while the bound was lower.
  for (int i = 0; i < 8; ++i) cache.Add(MakeNamedFrame(absl::StrCat("last-", i)));
  EXPECT_EQ(cache.frames(), 8);
  EXPECT_EQ(cache.bytes(), 8 * kOne);
}

}  // namespace
}  // namespace atomstream
