#include "server/journal/kept_frames.h"

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "server/journal/hash.h"
#include "tests/server/journal/journal_fixture.h"

namespace atomstream {
namespace {

using testing::HasSubstr;

// Bytes that do not get smaller.
std::string Noise(int number, size_t size) {
  std::mt19937 random(static_cast<unsigned>(number));
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

class KeptFramesTest : public JournalTest {
 protected:
  KeptFramesTest() { options_.max_frame_bytes = 1 << 20; }

  std::string Keep(const std::string& bytes, int element_bytes = 2) {
    const auto sha256 = journal_->KeepFrame(bytes, element_bytes);
    EXPECT_TRUE(sha256.ok()) << sha256.status();
    return sha256.ok() ? *sha256 : std::string();
  }

  void AppendWith(const std::string& sha256) {
    NewEntry entry = MakeEntry(journal_->next_sequence());
    entry.key.frame_sha256 = sha256;
    ASSERT_TRUE(journal_->Append(entry).ok());
  }

  bool IsKept(const std::string& sha256) { return journal_->ReadFrame(sha256).ok(); }

  int FilesOnDisk() {
    int files = 0;
    const std::string folder = options_.path + ".frames";
    if (!std::filesystem::exists(folder)) return 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      files += entry.is_regular_file() ? 1 : 0;
    }
    return files;
  }

  std::string PathOf(const std::string& sha256) {
    const std::string hex = absl::BytesToHexString(sha256);
    return absl::StrCat(options_.path, ".frames/", hex.substr(0, 2), "/", hex);
  }
};

TEST_F(KeptFramesTest, GivesBackTheSameBytesWhateverTheirElements) {
  ASSERT_TRUE(Open().ok());
  for (const int element : {1, 2, 4, 8}) {
    for (const size_t size : {0, 1, 7, 4096, 10'001}) {
      const std::string bytes = Noise(element, size);
      const auto read = journal_->ReadFrame(Keep(bytes, element));
      ASSERT_TRUE(read.ok()) << read.status();
      EXPECT_EQ(*read, bytes);
    }
  }
  EXPECT_TRUE(absl::IsInvalidArgument(journal_->KeepFrame("x", 3).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(journal_->ReadFrame("x").status()));
  EXPECT_TRUE(absl::IsNotFound(journal_->ReadFrame(std::string(32, 'x')).status()));
}

TEST_F(KeptFramesTest, TheSameFrameIsKeptOnce) {
  ASSERT_TRUE(Open().ok());
  const std::string first = Keep(Noise(1, 1000));
  EXPECT_EQ(Keep(Noise(1, 1000)), first);
  EXPECT_NE(Keep(Noise(2, 1000)), first);
  EXPECT_EQ(journal_->frame_totals().frames, 2);
  EXPECT_EQ(FilesOnDisk(), 2);
  const int64_t bytes = journal_->frame_totals().file_bytes;
  EXPECT_GT(bytes, 2000);
  EXPECT_LT(bytes, 2200);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(journal_->frame_totals().frames, 2);
  EXPECT_EQ(journal_->frame_totals().file_bytes, bytes);
}

TEST_F(KeptFramesTest, TheOldestMakeRoomAndTheBudgetIsKept) {
  options_.max_frame_bytes = 10'500;
  ASSERT_TRUE(Open().ok());
  std::vector<std::string> kept;
  for (int i = 0; i < 30; ++i) {
    kept.push_back(Keep(Noise(i, 1000)));
    EXPECT_LE(journal_->frame_totals().file_bytes, 10'500);
    if (i == 25) Keep(Noise(17, 1000));  // counts as new again
  }
  EXPECT_EQ(journal_->frame_totals().frames, 10);
  EXPECT_EQ(FilesOnDisk(), 10);
  EXPECT_TRUE(IsKept(kept[29]));
  EXPECT_TRUE(IsKept(kept[21]));
  EXPECT_FALSE(IsKept(kept[20]));
  EXPECT_TRUE(IsKept(kept[17]));
  Keep(Noise(99, 10'000));
  EXPECT_EQ(journal_->frame_totals().frames, 1);
  const auto too_large = journal_->KeepFrame(Noise(100, 10'600), 2);
  EXPECT_TRUE(absl::IsResourceExhausted(too_large.status()));
  EXPECT_THAT(std::string(too_large.status().message()), HasSubstr("budget for kept frames is"));
}

TEST_F(KeptFramesTest, ASmallerBudgetIsMetAfterAReopening) {
  ASSERT_TRUE(Open().ok());
  for (int i = 0; i < 100; ++i) AppendWith(Keep(Noise(i, 1000)));
  options_.max_frame_bytes = 5'500;
  ASSERT_TRUE(Open().ok());
  Maintain();
  EXPECT_EQ(FilesOnDisk(), 5);
}

TEST_F(KeptFramesTest, ABudgetThatChangesCountsFromTheNextStepOn) {
  ASSERT_TRUE(Open().ok());
  for (int i = 0; i < 100; ++i) AppendWith(Keep(Noise(i, 1000)));
  journal_->SetBounds({}, 5'500);
  EXPECT_EQ(FilesOnDisk(), 100);
  Maintain();
  EXPECT_EQ(FilesOnDisk(), 5);
  journal_->SetBounds({}, 0);
  EXPECT_TRUE(absl::IsResourceExhausted(journal_->KeepFrame(Noise(200, 1000), 2).status()));
  Maintain();
  EXPECT_EQ(FilesOnDisk(), 0);
  EXPECT_EQ(journal_->frame_totals().file_bytes, 0);
  EXPECT_EQ(journal_->range().oldest, 1);  // their entries stay
  journal_->SetBounds({}, 1 << 20);
  EXPECT_TRUE(IsKept(Keep(Noise(201, 1000))));
}

TEST_F(KeptFramesTest, AFrameGoesWithTheLastEntryThatRefersToIt) {
  options_.retention.max_entries = 2;
  ASSERT_TRUE(Open().ok());
  const std::string one = Keep("one");
  const std::string two = Keep("two");
  AppendWith(one);
  AppendWith(two);
  AppendWith(one);
  Maintain();  // entries 2 and 3 are left
  EXPECT_TRUE(IsKept(one) && IsKept(two));
  AppendMany(1);
  Maintain();
  EXPECT_TRUE(IsKept(one));
  EXPECT_FALSE(IsKept(two));
  AppendMany(1);
  Maintain();
  EXPECT_FALSE(IsKept(one));
  EXPECT_EQ(FilesOnDisk(), 0);
  EXPECT_EQ(journal_->frame_totals().frames, 0);
  EXPECT_EQ(journal_->frame_totals().file_bytes, 0);
}

TEST_F(KeptFramesTest, WhatACrashLeftIsSweptAndWhatIsNewIsNot) {
  ASSERT_TRUE(Open().ok());
  const std::string referred = Keep("referred to");
  AppendWith(referred);
  const std::string unreferred = Keep("kept, but the entry was not appended");
  journal_.reset();
  // A file without a row, and one that was being written.
  const std::string orphan = PathOf(std::string(32, '\xab'));
  std::filesystem::create_directories(std::filesystem::path(orphan).parent_path());
  WriteBytes(orphan, "x");
  WriteBytes(PathOf(referred) + ".part", "x");
  ASSERT_TRUE(Open().ok());
  const std::string fresh = Keep("kept, and its entry is still to come");
  const std::string again = Keep("kept, but the entry was not appended");
  EXPECT_EQ(again, unreferred);
  Maintain();
  EXPECT_TRUE(IsKept(referred) && IsKept(fresh) && IsKept(again));
  EXPECT_EQ(FilesOnDisk(), 3);
  ASSERT_TRUE(Open().ok());
  Maintain();
  EXPECT_TRUE(IsKept(referred));
  EXPECT_FALSE(IsKept(fresh) || IsKept(again));
  EXPECT_EQ(FilesOnDisk(), 1);
}

TEST_F(KeptFramesTest, AnEntryMayReferToAFrameBeforeItIsWritten) {
  ASSERT_TRUE(Open().ok());
  const std::string bytes = Noise(1, 1000);
  const auto sha256 = Sha256(bytes);
  ASSERT_TRUE(sha256.ok());
  AppendWith(*sha256);
  EXPECT_TRUE(absl::IsNotFound(journal_->ReadFrame(*sha256).status()));
  ASSERT_TRUE(journal_->KeepHashedFrame(*sha256, bytes, 2).ok());
  Maintain();
  ASSERT_TRUE(Open().ok());
  Maintain();
  const auto read = journal_->ReadFrame(*sha256);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, bytes);
}

TEST_F(KeptFramesTest, AFrameThatNoEntryRefersToGoesInALaterSweep) {
  options_.retention.max_entries = 1;
  ASSERT_TRUE(Open().ok());
  const std::string never = Keep("its submission was cancelled");
  const std::string late_bytes = "written when its entry had gone";
  const auto late = Sha256(late_bytes);
  ASSERT_TRUE(late.ok());
  AppendWith(*late);
  AppendMany(1);
  Maintain();
  ASSERT_TRUE(journal_->KeepHashedFrame(*late, late_bytes, 1).ok());
  const std::string referred = Keep("referred to");
  AppendWith(referred);
  for (int hour = 0; hour < 2; ++hour) {
    Maintain();
    EXPECT_EQ(journal_->frame_totals().frames, 3);
    steady_clock_.Advance(KeptFrames::kSweepInterval);
  }
  const std::string waits = Keep("its entry is still to come");
  Maintain();
  EXPECT_TRUE(IsKept(referred) && IsKept(waits));
  EXPECT_FALSE(IsKept(never) || IsKept(*late));
  EXPECT_EQ(journal_->frame_totals().frames, 2);
  EXPECT_EQ(FilesOnDisk(), 2);
  steady_clock_.Advance(KeptFrames::kSweepInterval);
  Maintain();
  EXPECT_TRUE(IsKept(referred));
  EXPECT_FALSE(IsKept(waits));
}

TEST_F(KeptFramesTest, AFrameThatIsKeptAgainIsNotCompressedAgain) {
  ASSERT_TRUE(Open().ok());
  const std::string bytes = Noise(1, 1000);
  const std::string sha256 = Keep(bytes);
  const auto before = std::filesystem::last_write_time(PathOf(sha256));
  // Bytes that nothing is made of: what is there counts.
  ASSERT_TRUE(journal_->KeepHashedFrame(sha256, "", 2).ok());
  EXPECT_EQ(std::filesystem::last_write_time(PathOf(sha256)), before);
  EXPECT_EQ(*journal_->ReadFrame(sha256), bytes);
  EXPECT_EQ(journal_->frame_totals().frames, 1);
  // When the file has gone it is written anew.
  std::filesystem::remove(PathOf(sha256));
  ASSERT_TRUE(journal_->KeepHashedFrame(sha256, bytes, 2).ok());
  EXPECT_EQ(*journal_->ReadFrame(sha256), bytes);
  EXPECT_EQ(journal_->frame_totals().frames, 1);
}

TEST_F(KeptFramesTest, ADamagedFileIsNeverServed) {
  ASSERT_TRUE(Open().ok());
  std::string bytes(3000, 'a');
  for (size_t i = 0; i < bytes.size(); i += 3) bytes[i] = static_cast<char>(i);
  const std::string sha256 = Keep(bytes);
  const std::string good = ReadBytes(PathOf(sha256));
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    std::string bad = good;
    if (i % 4 == 0) {
      bad.resize(random() % good.size());
    } else {
      bad[random() % good.size()] ^= static_cast<char>(1 << random() % 8);
    }
    WriteBytes(PathOf(sha256), bad);
    const auto read = journal_->ReadFrame(sha256);
    if (read.ok()) {
      EXPECT_EQ(*read, bytes);  // a bit that says nothing
    } else {
      EXPECT_TRUE(absl::IsDataLoss(read.status())) << read.status();
    }
  }
  WriteBytes(PathOf(sha256), good);
  EXPECT_EQ(*journal_->ReadFrame(sha256), bytes);
}

TEST_F(KeptFramesTest, AFrameThatCannotBeWrittenLeavesNothing) {
  ASSERT_TRUE(Open().ok());
  const std::string bytes = "pixels";
  const std::string sha256 = Keep(bytes);
  std::filesystem::remove_all(options_.path + ".frames");
  WriteBytes(options_.path + ".frames", "a file where the folder was");
  const auto kept = journal_->KeepFrame("other pixels", 1);
  EXPECT_TRUE(absl::IsUnavailable(kept.status())) << kept.status();
  EXPECT_EQ(journal_->frame_totals().frames, 1);
  std::filesystem::remove(options_.path + ".frames");
  EXPECT_TRUE(absl::IsNotFound(journal_->ReadFrame(sha256).status()));
  EXPECT_EQ(Keep(bytes), sha256);
  EXPECT_EQ(*journal_->ReadFrame(sha256), bytes);
  EXPECT_EQ(journal_->frame_totals().frames, 1);
}

TEST_F(KeptFramesTest, FramesThatAreNotKeptSaySo) {
  options_.max_frame_bytes = 0;
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(absl::IsResourceExhausted(journal_->KeepFrame("pixels", 1).status()));
}

}  // namespace
}  // namespace atomstream
