// JournalTest: a folder of its own, clocks that the test moves, and entries that follow from their
// number, so that whatever is read can be told right from wrong.
#ifndef ATOMSTREAM_TESTS_SERVER_JOURNAL_JOURNAL_FIXTURE_H_
#define ATOMSTREAM_TESTS_SERVER_JOURNAL_JOURNAL_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/journal/journal.h"
#include "tests/fakes/fake_clock.h"

namespace atomstream {

// Entry `number`, mostly of some hundred bytes, every seventh of several pages.
inline NewEntry MakeEntry(int64_t number) {
  std::mt19937_64 random(static_cast<uint64_t>(number));
  NewEntry entry;
  EntryKey& key = entry.key;
  key.frame_id = absl::StrCat("frame-", number / 2);
  key.frame_number = number / 2;
  key.acquisition_time = absl::FromUnixMillis(1'700'000'000'000 + number / 2 * 50);
  key.result_time = key.acquisition_time + absl::Milliseconds(30);
  key.detector = number % 2 == 0 ? "log_star" : "unet";
  key.origin = number % 10 < 8 ? "source" : "analyze";
  key.material = number % 5 == 0 ? "strontium_titanate" : "graphene";
  key.ok = number % 11 != 0;
  key.atom_count = static_cast<int64_t>(random() % 2000);
  if (number % 3 != 0) key.qc = static_cast<double>(random() % 1000) / 1000;
  if (number % 2 == 0) key.er = static_cast<double>(random() % 1000) / 1000;
  if (number % 4 == 0) key.f1 = static_cast<double>(random() % 1000) / 1000;
  entry.payload.resize(number % 7 == 0 ? 5000 + random() % 20'000 : 50 + random() % 500);
  for (char& byte : entry.payload) byte = static_cast<char>(random());
  return entry;
}

inline bool SameKey(const EntryKey& a, const EntryKey& b) {
  return a.frame_id == b.frame_id && a.frame_number == b.frame_number &&
         a.acquisition_time == b.acquisition_time && a.result_time == b.result_time &&
         a.detector == b.detector && a.origin == b.origin && a.material == b.material &&
         a.ok == b.ok && a.atom_count == b.atom_count && a.qc == b.qc && a.er == b.er &&
         a.f1 == b.f1 && a.analysis_start == b.analysis_start && a.frame_sha256 == b.frame_sha256;
}

inline bool IsEntry(const Entry& entry, int64_t number) {
  const NewEntry expected = MakeEntry(number);
  return SameKey(entry.key, expected.key) && entry.payload == expected.payload;
}

inline std::string ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

inline void WriteBytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<long>(bytes.size()));
}

// Where files are quickest: most of these tests are about something else than the disk. In memory
// if there is room for the largest of them.
inline std::string TestFolder() {
  std::error_code error;
  const auto space = std::filesystem::space("/dev/shm", error);
  if (!error && space.available >= uintmax_t{512} << 20) return "/dev/shm/";
  return testing::TempDir();
}

class JournalTest : public testing::Test {
 protected:
  JournalTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    options_.path = folder_ + "/journal";
  }
  ~JournalTest() override {
    journal_.reset();
    std::filesystem::remove_all(folder_);
  }

  JournalDependencies dependencies() {
    return {.clock = &clock_, .steady_clock = &steady_clock_, .make_epoch = [this] {
              return absl::StrCat("00000000-0000-4000-8000-", 100'000'000'000 + ++epochs_);
            }};
  }

  absl::Status Open() {
    journal_.reset();
    report_ = OpeningReport();
    auto journal = Journal::Open(options_, dependencies(), &report_);
    if (!journal.ok()) return journal.status();
    journal_ = *std::move(journal);
    return absl::OkStatus();
  }

  // Entries next_sequence() … , each with its sequence number as its number.
  void AppendMany(int count) {
    for (int i = 0; i < count; ++i) {
      const int64_t next = journal_->next_sequence();
      const auto sequence = journal_->Append(MakeEntry(next));
      ASSERT_TRUE(sequence.ok()) << sequence.status();
      ASSERT_EQ(*sequence, next);
    }
  }

  void ExpectAllThere(int64_t oldest, int64_t newest) {
    EXPECT_EQ(journal_->range().oldest, oldest);
    EXPECT_EQ(journal_->range().newest, newest);
    for (int64_t sequence = std::max<int64_t>(oldest, 1); sequence <= newest; ++sequence) {
      const auto entry = journal_->Read(sequence);
      ASSERT_TRUE(entry.ok()) << entry.status();
      ASSERT_TRUE(IsEntry(*entry, sequence)) << sequence;
    }
  }

  // Until there is nothing to do.
  void Maintain() {
    for (int i = 0; i < 10'000; ++i) {
      const auto more = journal_->MaintainStep();
      ASSERT_TRUE(more.ok()) << more.status();
      if (!*more) return;
    }
    FAIL() << "there is always more to do";
  }

  const std::string folder_ =
      absl::StrCat(TestFolder(), "atomstream_journal_", getpid(), "_",
                   testing::UnitTest::GetInstance()->current_test_info()->test_suite_name(), "_",
                   testing::UnitTest::GetInstance()->current_test_info()->name());
  FakeClock clock_;
  FakeClock steady_clock_;
  int64_t epochs_ = 0;
  JournalOptions options_;
  OpeningReport report_;
  std::unique_ptr<Journal> journal_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_JOURNAL_JOURNAL_FIXTURE_H_
