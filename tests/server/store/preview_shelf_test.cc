#include "server/store/preview_shelf.h"

#include <atomic>
#include <thread>
#include <vector>

#include "tests/server/store/kept_frames_fixture.h"

namespace atomstream {
namespace {

class PreviewShelfTest : public KeptFramesFixture {
 protected:
  // Previews of 100 bytes that name the frame.
  std::string Make(const Frame& frame) {
    ++made_;
    std::string preview = absl::StrCat(frame.metadata().id, "#", frame.metadata().number);
    preview.resize(100, '.');
    return preview;
  }
  static std::string NameIn(const PreviewPtr& preview) {
    return preview == nullptr ? "none" : preview->substr(0, preview->find('.'));
  }

  std::atomic<int> made_ = 0;
  PreviewShelf shelf_{&finder_, [this](const Frame& frame) { return Make(frame); },
                      /*max_bytes=*/350};
};

TEST_F(PreviewShelfTest, MakesAPreviewOnceForAllWhoWantIt) {
  const EntryKey result = Process(FrameOf("a", 1));
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { EXPECT_EQ(NameIn(shelf_.Get(result)), "a#1"); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made_, 1);
  EXPECT_EQ(shelf_.Get(result), shelf_.Load(result));
}

TEST_F(PreviewShelfTest, KeepsThoseWantedLately) {
  std::vector<EntryKey> results;
  for (int i = 0; i < 4; ++i) results.push_back(Process(FrameOf(absl::StrCat("f", i), i)));
  for (int i = 0; i < 3; ++i) shelf_.Get(results[i]);
  shelf_.Get(results[0]);
  shelf_.Get(results[3]);  // 1 makes room
  EXPECT_EQ(made_, 4);
  for (const int i : {0, 2, 3})
    EXPECT_EQ(NameIn(shelf_.Get(results[i])), absl::StrCat("f", i, "#", i));
  EXPECT_EQ(made_, 4);
  EXPECT_EQ(NameIn(shelf_.Get(results[1])), "f1#1");
  EXPECT_EQ(made_, 5);
}

TEST_F(PreviewShelfTest, AloneLoadLooksOnDisk) {
  const EntryKey first = Process(FrameOf("same", 1));
  const EntryKey second = Process(FrameOf("same", 2));  // takes the place of the first in memory
  EXPECT_EQ(NameIn(shelf_.Get(first)), "none");
  EXPECT_EQ(NameIn(shelf_.Load(first)), "same#1");
  EXPECT_EQ(NameIn(shelf_.Get(first)), "same#1");
  EXPECT_EQ(NameIn(shelf_.Get(second)), "same#2");
  EXPECT_EQ(made_, 2);
  const EntryKey lost = Process(FrameOf("lost", 3));
  Process(FrameOf("lost", 4));
  OnDisk([](auto& files) { files.clear(); });
  EXPECT_EQ(NameIn(shelf_.Load(lost)), "none");
}

TEST_F(PreviewShelfTest, WithoutMemoryThereIsNone) {
  PreviewShelf failing(&finder_, [](const Frame&) -> std::string { throw std::bad_alloc(); });
  EXPECT_EQ(failing.Get(Process(FrameOf("a", 1))), nullptr);
}

}  // namespace
}  // namespace atomstream
