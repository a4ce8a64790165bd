// Whatever happens to the link, the store and the reader itself: every result comes once, or is
// declared once. Each seed is another course of events.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "client/cpp/result_stream.h"
#include "gmock/gmock.h"
#include "tests/client/stream/random_daemon.h"

namespace atomstream {
namespace {

// What a program knows at the end: of each number of an epoch whether it came or was lost.
class Ledger {
 public:
  void Begin(const std::string& epoch, int64_t after) {
    const auto [books, is_new] = books_.try_emplace(epoch);
    if (is_new) books->second = {after, {}};
  }
  void Add(const std::string& epoch, int64_t first, int64_t last) {
    for (int64_t sequence = first; sequence <= last; ++sequence) {
      ++books_[epoch].times[sequence];
      ++covered_;
    }
  }
  int64_t covered() const { return covered_; }
  size_t epochs() const { return books_.size(); }

  // Every number that matters behind the beginning, up to `last`, exactly once; none beyond.
  void Check(const std::string& epoch, int64_t last, bool unet_only) const {
    const auto books = books_.find(epoch);
    ASSERT_NE(books, books_.end());
    const auto& [after, times] = books->second;
    for (int64_t sequence = after + 1; sequence <= last; ++sequence) {
      if (unet_only && !RandomDaemon::IsUnet(sequence)) continue;
      const auto entry = times.find(sequence);
      ASSERT_TRUE(entry != times.end()) << epoch << "/" << sequence << " never came";
      ASSERT_EQ(entry->second, 1) << epoch << "/" << sequence;
    }
    if (times.empty()) return;
    ASSERT_LE(times.rbegin()->first, last);
    ASSERT_GT(times.begin()->first, after);
  }

 private:
  struct Books {
    int64_t after = 0;
    std::map<int64_t, int> times;
  };
  std::map<std::string, Books> books_;
  int64_t covered_ = 0;
};

struct Case {
  v1::DeliveryPolicy policy;
  bool unet_only;
};

class ResumePropertyTest : public ::testing::TestWithParam<Case> {
 protected:
  // One program's life of `events` events, ended and begun again now and then.
  void Live(unsigned seed, int events) {
    RandomDaemon daemon(seed, &clock_);
    std::mt19937 random(seed + 1'000'000);
    std::uniform_real_distribution<double> uniform(0, 1);
    ResultStreamOptions options;
    options.policy = GetParam().policy;
    if (GetParam().unet_only) options.detectors = {"unet"};
    std::unique_ptr<ResultStream> stream;
    for (int i = 0; i < events; ++i) {
      if (stream == nullptr || uniform(random) < 0.005) {
        if (stream != nullptr && stream->position()) options.resume_after = stream->position();
        auto made = ResultStream::Create(&daemon, options,
                                         {&clock_, &wait_, [&] { return uniform(random); }});
        ASSERT_TRUE(made.ok());
        stream = *std::move(made);
      }
      absl::StatusOr<ResultEvent> event = stream->Next();
      ASSERT_TRUE(event.ok()) << event.status();
      Take(*event, *stream);
      if (HasFatalFailure()) return;
    }
    const v1::ResultPosition last = stream->position().value_or(v1::ResultPosition());
    ledger_.Check(last.epoch(), last.sequence(), GetParam().unet_only);
    cuts_ += daemon.cuts();
    silences_ += daemon.silences();
    refusals_ += daemon.refusals();
  }

  void Take(const ResultEvent& event, const ResultStream& stream) {
    if (const auto* linked = std::get_if<Linked>(&event)) {
      ASSERT_EQ(linked->run.position().epoch(), linked->after.epoch());
      ASSERT_EQ(linked->after.sequence(), stream.position()->sequence());
      ledger_.Begin(linked->after.epoch(), linked->after.sequence());
    } else if (const auto* result = std::get_if<v1::FrameResult>(&event)) {
      const v1::ResultPosition& at = result->position();
      ASSERT_EQ(result->frame_id(), absl::StrCat(at.epoch(), "/", at.sequence()));
      ledger_.Add(at.epoch(), at.sequence(), at.sequence());
      ++results_;
    } else if (const auto* gap = std::get_if<ResultGap>(&event)) {
      ledger_.Begin(gap->epoch, gap->first_sequence - 1);
      ledger_.Add(gap->epoch, gap->first_sequence, gap->last_sequence);
      ++(gap->cause == ResultGap::Cause::kNotKept ? gone_ : declared_);
    } else if (const auto* change = std::get_if<EpochChange>(&event)) {
      const v1::ResultPosition& old = change->old_position;
      ASSERT_NE(change->new_epoch, old.epoch());
      ledger_.Begin(old.epoch(), old.sequence());  // the run may have come to nothing
      ledger_.Check(old.epoch(), old.sequence(), GetParam().unet_only);
      ledger_.Begin(change->new_epoch, 0);
      ++changes_;
    }
  }

  FakeClock clock_;
  ClockWait wait_{&clock_};
  Ledger ledger_;
  int cuts_ = 0, silences_ = 0, refusals_ = 0;
  int results_ = 0, gone_ = 0, declared_ = 0, changes_ = 0;
};

TEST_P(ResumePropertyTest, EveryResultComesOnceOrIsDeclaredOnce) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    ledger_ = Ledger();
    Live(seed, 1000);
    if (HasFatalFailure()) return;
  }
  // The courses had everything in them.
  EXPECT_GT(results_, 10'000);
  for (const int count : {cuts_, silences_, refusals_, gone_, changes_}) EXPECT_GT(count, 50);
  EXPECT_GT(declared_, 20);
  for (const absl::Duration wait : wait_.waits()) ASSERT_LE(wait, absl::Seconds(20));
}

INSTANTIATE_TEST_SUITE_P(Policies, ResumePropertyTest,
                         ::testing::Values(Case{v1::DELIVERY_POLICY_LOSSLESS, false},
                                           Case{v1::DELIVERY_POLICY_LOSSLESS, true},
                                           Case{v1::DELIVERY_POLICY_QUEUE, false},
                                           Case{v1::DELIVERY_POLICY_QUEUE, true},
                                           Case{v1::DELIVERY_POLICY_LATEST, false},
                                           Case{v1::DELIVERY_POLICY_LATEST, true}),
                         [](const auto& info) {
                           return absl::StrCat(
                               v1::DeliveryPolicy_Name(info.param.policy).substr(16),
                               info.param.unet_only ? "_OF_ONE_DETECTOR" : "");
                         });

}  // namespace
}  // namespace atomstream
