// JournalStoreTest: a JournalStore in a folder of its own, on a disk that fails when the test says
// so. Results follow from their frame's name, so that whatever is read can be told right from
// wrong.
#ifndef ATOMSTREAM_TESTS_SERVER_STORE_JOURNAL_STORE_FIXTURE_H_
#define ATOMSTREAM_TESTS_SERVER_STORE_JOURNAL_STORE_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/store/journal_store.h"
#include "tests/fakes/fake_clock.h"
#include "tests/server/journal/faulty_disk.h"

namespace atomstream {

// Keeps what was logged.
class KeptLog final : public EventLog {
 public:
  void Info(absl::string_view message) override { Keep("I ", message); }
  void Warning(absl::string_view message) override { Keep("W ", message); }
  std::string text() const {
    MutexLock lock(&mutex_);
    return text_;
  }

 private:
  void Keep(absl::string_view level, absl::string_view message) {
    MutexLock lock(&mutex_);
    absl::StrAppend(&text_, level, message, "\n");
  }

  mutable Mutex mutex_;
  std::string text_ ABSL_GUARDED_BY(mutex_);
};

class JournalStoreTest : public testing::Test {
 protected:
  static constexpr size_t kResultBytes = 20'000;

  JournalStoreTest() {
    std::filesystem::remove_all(folder_);
    options_.path = folder_ + "/new/results.sqlite";
    options_.max_results = HistoryOptions::kResultsOnDisk;
  }
  ~JournalStoreTest() override {
    store_.reset();
    disk_.Heal();
    std::filesystem::remove_all(folder_);
  }

  // The wire form that a result of this frame and number has.
  static std::string WireForm(const std::string& frame_id, int64_t sequence) {
    std::string bytes = absl::StrCat(frame_id, "#", sequence, "#");
    bytes.resize(kResultBytes, static_cast<char>('a' + sequence % 26));
    return bytes;
  }

  void Open() {
    store_.reset();
    auto opened = OpenJournal(options_, &clock_, &steady_clock_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    report_ = opened->report;
    store_ = std::make_unique<JournalStore>(
        options_, *std::move(opened),
        JournalStoreDependencies{
            .encode =
                [](const FrameRecord& record) {
                  return WireForm(record.frame_id, record.position.sequence);
                },
            .place = [](std::string encoded,
                        const ResultPosition& position) { return encoded + "@" + position.epoch; },
            .steady_clock = &steady_clock_,
            .metrics = &metrics_,
            .log = &log_});
  }

  static FrameRecord Record(const std::string& frame_id,
                            DetectorKind kind = DetectorKind::kLogStar) {
    FrameRecord record;
    record.frame_id = frame_id;
    record.detector = FailedDetector(kind, absl::OkStatus());
    return record;
  }

  // The results that follow, each of a frame that is named by its number.
  void AppendMany(int count) {
    for (int i = 0; i < count; ++i) {
      const int64_t sequence = store_->range().newest + 1;
      const auto appended = store_->Append(Record(absl::StrCat("f", sequence)));
      ASSERT_TRUE(appended.ok());
      ASSERT_EQ(appended->stored->position.sequence, sequence);
    }
  }

  void Fill() { disk_.FailAfter(0, DiskFault::kFull); }
  void KeepUp() {
    steady_clock_.Advance(absl::Seconds(1));
    for (int i = 0; i < 10'000; ++i) {
      if (!store_->KeepUp()) return;
    }
    FAIL() << "there is always more to do";
  }

  // Every result from the first to the last is what AppendMany stored, or lost if it is in `lost`.
  // Those up to `placed` were stored in an earlier epoch.
  void ExpectAll(int64_t first, int64_t last, std::vector<int64_t> lost = {}, int64_t placed = 0) {
    std::vector<int64_t> found_lost;
    int64_t after = first - 1;
    while (after < last) {
      const auto page = store_->ReadAfter(after, {});
      ASSERT_TRUE(page.ok()) << page.status();
      ASSERT_FALSE(page->empty());
      for (const StoredResultPtr& result : *page) {
        ASSERT_EQ(result->position.sequence, ++after);
        ASSERT_EQ(result->position.epoch, store_->epoch());
        const auto alone = store_->Get(result->position);
        if (result->lost()) {
          found_lost.push_back(after);
          EXPECT_TRUE(absl::IsDataLoss(alone.status())) << alone.status();
        } else {
          ASSERT_EQ(result->encoded, absl::StrCat(WireForm(absl::StrCat("f", after), after),
                                                  after <= placed ? "@" + store_->epoch() : ""));
          ASSERT_TRUE(alone.ok()) << alone.status();
          ASSERT_EQ((*alone)->encoded, result->encoded);
        }
      }
    }
    EXPECT_EQ(after, last);
    EXPECT_EQ(found_lost, lost);
  }

  const std::string folder_ =
      absl::StrCat(testing::TempDir(), "atomstream_store_", getpid(), "_",
                   testing::UnitTest::GetInstance()->current_test_info()->name());
  FaultyDisk disk_;
  FakeClock clock_;
  FakeClock steady_clock_;
  MetricRegistry registry_;
  const StoreMetrics metrics_{registry_};
  KeptLog log_;
  HistoryOptions options_;
  OpeningReport report_;
  std::unique_ptr<JournalStore> store_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_STORE_JOURNAL_STORE_FIXTURE_H_
