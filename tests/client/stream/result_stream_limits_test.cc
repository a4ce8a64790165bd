// How long a ResultStream waits, how often it tries, and how it is ended.
#include <string>
#include <thread>
#include <utility>

#include "tests/client/stream/result_stream_fixture.h"

namespace atomstream {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;

class ResultStreamLimitsTest : public ResultStreamTest {};

TEST_F(ResultStreamLimitsTest, WaitsTwiceAsLongAfterEachAttemptUpToTheLongest) {
  options_.backoff = {absl::Milliseconds(100), absl::Seconds(1), 0.2};
  for (int i = 0; i < 6; ++i) client_.Add({});
  client_.Add({{RunOf("e", 0)}});
  Start();
  EXPECT_THAT(Read(7).back(), "run e/0");
  EXPECT_THAT(wait_.waits(),
              ElementsAre(absl::Milliseconds(100), absl::Milliseconds(200), absl::Milliseconds(400),
                          absl::Milliseconds(800), absl::Seconds(1), absl::Seconds(1)));
}

TEST_F(ResultStreamLimitsTest, JitterShortensAWaitByAtMostItsShare) {
  options_.backoff = {absl::Seconds(1), absl::Seconds(1), 0.2};
  Start();
  for (const double jitter : {0.0, 0.25, 0.5, 0.999}) {
    jitter_ = jitter;
    client_.Add({});
    const absl::StatusOr<ResultEvent> event = stream_->Next();
    ASSERT_TRUE(event.ok());
    EXPECT_THAT(absl::ToDoubleSeconds(std::get<Reconnecting>(*event).wait),
                AllOf(Ge(0.8), Le(1.0)));
    EXPECT_NEAR(absl::ToDoubleSeconds(std::get<Reconnecting>(*event).wait), 1 - 0.2 * jitter,
                1e-6);  // to the nanosecond, generously
  }
}

// A daemon that begins every subscription and dies at once is not asked ten times a second.
TEST_F(ResultStreamLimitsTest, TheWaitStartsAnewOnlyWhenSomethingCameOfALink) {
  for (int i = 0; i < 3; ++i) client_.Add({{RunOf("e", 0)}});
  client_.Add({{RunOf("e", 1), ResultOf("e", 1)}});
  client_.Add({{RunOf("e", 1)}});
  Start();
  Read(10);
  EXPECT_THAT(wait_.waits(), ElementsAre(absl::Milliseconds(100), absl::Milliseconds(200),
                                         absl::Milliseconds(400), absl::Milliseconds(100)));
}

TEST_F(ResultStreamLimitsTest, WaitsAtLeastAsLongAsTheDaemonSays) {
  const auto busy = [](absl::Duration retry) {
    return DaemonError(grpc::StatusCode::RESOURCE_EXHAUSTED, "RATE_LIMITED", {}, retry);
  };
  client_.Add({{}, busy(absl::Seconds(7))});
  client_.Add({{}, busy(absl::Milliseconds(1))});
  client_.Add({{RunOf("e", 0)}});
  Start();
  EXPECT_THAT(Read(3).back(), "run e/0");
  EXPECT_THAT(wait_.waits(), ElementsAre(absl::Seconds(7), absl::Milliseconds(200)));
}

TEST_F(ResultStreamLimitsTest, WithoutAFirstLinkItEndsInTime) {
  options_.max_time_to_first_link = absl::Seconds(1);
  for (int i = 0; i < 9; ++i) client_.Add({});
  Start();
  const absl::Time start = clock_.Now();
  EXPECT_EQ(Read(100).back(), "UNAVAILABLE: no link for 1s: the link broke");
  EXPECT_EQ(clock_.Now() - start, absl::Seconds(1));
}

TEST_F(ResultStreamLimitsTest, AnOutageIsAllowedToLastSoLongAndEachBeginsAnew) {
  options_.max_time_to_first_link = absl::Seconds(1);
  options_.max_time_without_link = absl::Seconds(10);
  for (int outage = 0; outage < 3; ++outage) {
    client_.Add({{RunOf("e", 0), HeartbeatOf("e", 0)}});
    for (int i = 0; i < 5; ++i) client_.Add({});  // 0.1 + … + 3.2 s
  }
  for (int i = 0; i < 9; ++i) client_.Add({});
  Start();
  EXPECT_EQ(Read(100).back(), "UNAVAILABLE: no link for 10s: the link broke");
  // Three links, five attempts in each of the first two outages; in the last one seven, the last of
  // them after the 3.7 s that were left of the wait.
  EXPECT_EQ(client_.requests().size(), 3u + 2 * 5 + 7);
  EXPECT_EQ(wait_.waits().back(), absl::Milliseconds(3700));
}

TEST_F(ResultStreamLimitsTest, WithoutPatienceTheFirstLossEndsIt) {
  options_.max_time_without_link = absl::ZeroDuration();
  client_.Add({{RunOf("e", 0)}});
  Start();
  EXPECT_THAT(Read(9), ElementsAre("run e/0", "UNAVAILABLE: the link broke"));
}

TEST_F(ResultStreamLimitsTest, SoManyAttemptsInARowMayFail) {
  options_.max_attempts = 3;
  for (int i = 0; i < 2; ++i) client_.Add({});
  client_.Add({{RunOf("e", 0)}});
  for (int i = 0; i < 9; ++i) client_.Add({});
  Start();
  EXPECT_THAT(Read(20), ElementsAre("lost 1: the link broke", "lost 2: the link broke", "run e/0",
                                    "lost 0: the link broke", "lost 1: the link broke",
                                    "lost 2: the link broke",
                                    "UNAVAILABLE: no link after 3 attempts: the link broke"));
}

TEST_F(ResultStreamLimitsTest, CancelEndsAWaitForAMessage) {
  client_.Add({{RunOf("e", 0)}});
  Start();
  Read(2);
  std::thread canceller([this] {
    client_.AwaitWaiting();
    stream_->Cancel();
  });
  EXPECT_THAT(Read(1), ElementsAre(HasSubstr("CANCELLED")));
  canceller.join();
  EXPECT_THAT(Read(1), ElementsAre(HasSubstr("CANCELLED")));
}

// The real wait: it would be an hour.
TEST_F(ResultStreamLimitsTest, CancelEndsTheWaitBetweenAttempts) {
  options_.backoff = {absl::Hours(1), absl::Hours(1), 0};
  auto stream = ResultStream::Create(&client_, options_);
  ASSERT_TRUE(stream.ok());
  stream_ = *std::move(stream);
  client_.Add({});
  EXPECT_THAT(Read(1), ElementsAre("lost 1: the link broke"));
  std::thread canceller([this] { stream_->Cancel(); });
  EXPECT_THAT(Read(1), ElementsAre(HasSubstr("CANCELLED")));
  canceller.join();
  EXPECT_EQ(client_.requests().size(), 1u);
}

TEST_F(ResultStreamLimitsTest, CancelledBeforeItBeganItAsksNobody) {
  Start();
  stream_->Cancel();
  stream_->Cancel();
  EXPECT_THAT(Read(1), ElementsAre(HasSubstr("CANCELLED")));
  EXPECT_EQ(client_.requests().size(), 0u);
}

TEST_F(ResultStreamLimitsTest, RefusesOptionsThatCannotBe) {
  const auto refusal = [this](void (*spoil)(ResultStreamOptions&)) {
    ResultStreamOptions options;
    spoil(options);
    return std::string(ResultStream::Create(&client_, options).status().message());
  };
  EXPECT_THAT(refusal([](auto& o) { o.resume_after = At("", 3); }), HasSubstr("epoch"));
  EXPECT_THAT(refusal([](auto& o) { o.resume_after = At("e", -1); }),
              HasSubstr("resume_after.sequence = -1"));
  EXPECT_THAT(refusal([](auto& o) { o.heartbeat_interval = absl::Milliseconds(99); }),
              HasSubstr("heartbeat_interval = 99ms"));
  EXPECT_THAT(refusal([](auto& o) { o.silent_intervals = 1; }), HasSubstr("silent_intervals = 1"));
  EXPECT_THAT(refusal([](auto& o) { o.begin_timeout = {}; }), HasSubstr("begin_timeout = 0"));
  EXPECT_THAT(refusal([](auto& o) { o.backoff.initial = {}; }), HasSubstr("backoff.initial = 0"));
  EXPECT_THAT(refusal([](auto& o) { o.backoff.jitter = 1.5; }), HasSubstr("backoff.jitter = 1.5"));
  EXPECT_THAT(refusal([](auto& o) { o.max_attempts = -1; }), HasSubstr("max_attempts = -1"));
}

}  // namespace
}  // namespace atomstream
