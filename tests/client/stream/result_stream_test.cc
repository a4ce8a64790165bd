// ResultStream against scripts: no connections, no waiting.
#include "client/cpp/result_stream.h"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "tests/client/stream/stream_messages.h"
#include "tests/client/stream/subscriber_client.h"

namespace atomstream {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;

std::string PositionText(const v1::ResultPosition& position) {
  return absl::StrCat(position.epoch(), "/", position.sequence());
}

// One word an event, to compare whole courses.
std::string Text(const ResultEvent& event) {
  struct Visitor {
    std::string operator()(const Linked& linked) const {
      const std::string run = absl::StrCat("run ", PositionText(linked.run.position()));
      const bool resumed = linked.after.sequence() != linked.run.position().sequence();
      return resumed ? absl::StrCat(run, " after ", PositionText(linked.after)) : run;
    }
    std::string operator()(const v1::FrameResult& result) const {
      return PositionText(result.position());
    }
    std::string operator()(const ResultGap& gap) const {
      return absl::StrCat(gap.cause == ResultGap::Cause::kNotKept ? "gone " : "gap ", gap.epoch,
                          "/", gap.first_sequence, "-", gap.last_sequence, " of ", gap.results);
    }
    std::string operator()(const v1::SourceStatus&) const { return "source"; }
    std::string operator()(const v1::SettingsChange&) const { return "settings"; }
    std::string operator()(const EpochChange& change) const {
      return absl::StrCat("epoch ", PositionText(change.old_position), " ", change.new_epoch);
    }
    std::string operator()(const Reconnecting& r) const {
      return absl::StrCat("lost ", r.attempts, ": ", r.cause.message());
    }
  };
  return std::visit(Visitor(), event);
}

class ResultStreamTest : public ::testing::Test {
 protected:
  ResultStream& Start() {
    auto stream =
        ResultStream::Create(&client_, options_, {&clock_, &wait_, [this] { return jitter_; }});
    EXPECT_TRUE(stream.ok()) << stream.status();
    stream_ = *std::move(stream);
    return *stream_;
  }

  // The next `count` events; an error is the last word.
  std::vector<std::string> Read(int count) {
    std::vector<std::string> words;
    for (int i = 0; i < count; ++i) {
      const absl::StatusOr<ResultEvent> event = stream_->Next();
      words.push_back(event.ok() ? Text(*event) : event.status().ToString());
      if (!event.ok()) break;
    }
    return words;
  }

  std::string Position() const {
    return stream_->position() ? PositionText(*stream_->position()) : "none";
  }
  std::vector<std::string> ResumedAfter() const {
    std::vector<std::string> positions;
    for (const v1::SubscribeRequest& request : client_.requests()) {
      positions.push_back(request.has_resume_after() ? PositionText(request.resume_after())
                                                     : "none");
    }
    return positions;
  }

  FakeClock clock_;
  ClockWait wait_{&clock_};
  ScriptedClient client_{&clock_};
  double jitter_ = 0;
  ResultStreamOptions options_;
  std::unique_ptr<ResultStream> stream_;
};

TEST_F(ResultStreamTest, AsksForWhatItIsTold) {
  options_.policy = v1::DELIVERY_POLICY_QUEUE;
  options_.queue_size = 7;
  options_.parts = {v1::RESULT_PART_FRONT};
  options_.detectors = {"unet"};
  options_.heartbeat_interval = absl::Milliseconds(1500);
  client_.Add({{RunOf("e", 4)}});
  Start();
  EXPECT_THAT(Read(1), ElementsAre("run e/4"));
  const v1::SubscribeRequest& request = client_.requests().at(0);
  EXPECT_EQ(request.policy(), v1::DELIVERY_POLICY_QUEUE);
  EXPECT_EQ(request.queue_size(), 7);
  EXPECT_THAT(request.parts(), ElementsAre(v1::RESULT_PART_FRONT));
  EXPECT_THAT(request.detectors(), ElementsAre("unet"));
  EXPECT_EQ(request.heartbeat_interval().seconds(), 1);
  EXPECT_EQ(request.heartbeat_interval().nanos(), 500'000'000);
  EXPECT_FALSE(request.has_resume_after());
}

TEST_F(ResultStreamTest, GoesOnBehindTheLastResultAfterALostLink) {
  client_.Add({{RunOf("e", 4), ResultOf("e", 5), GapOf(6, 7)}});
  client_.Add({{RunOf("e", 9), ResultOf("e", 8)}});
  Start();
  EXPECT_EQ(Position(), "none");
  EXPECT_THAT(Read(6), ElementsAre("run e/4", "e/5", "gap e/6-7 of 2", "lost 0: the link broke",
                                   "run e/9 after e/7", "e/8"));
  EXPECT_THAT(ResumedAfter(), ElementsAre("none", "e/7"));
  EXPECT_EQ(Position(), "e/8");
}

TEST_F(ResultStreamTest, AlsoWithoutAResultItGoesOnWhereItBegan) {
  client_.Add({{RunOf("e", 4)}});
  client_.Add({{RunOf("e", 6), ResultOf("e", 5)}});
  Start();
  EXPECT_THAT(Read(4),
              ElementsAre("run e/4", "lost 0: the link broke", "run e/6 after e/4", "e/5"));
}

TEST_F(ResultStreamTest, HeartbeatsAndUnknownEventsAreNotTold) {
  v1::SubscribeResponse source;
  source.mutable_source()->set_description("here");
  v1::SubscribeResponse settings;
  settings.mutable_settings()->set_text("knee");
  client_.Add({{RunOf("e", 0), HeartbeatOf("e", 3), source, v1::SubscribeResponse(), settings,
                ResultOf("e", 1)}});
  Start();
  EXPECT_THAT(Read(4), ElementsAre("run e/0", "source", "settings", "e/1"));
}

TEST_F(ResultStreamTest, ASilentLinkIsDeadAfterThreeHeartbeats) {
  client_.Add({{RunOf("e", 0), HeartbeatOf("e", 0)}, absl::OkStatus(), absl::Hours(1)});
  client_.Add({{RunOf("e", 1), ResultOf("e", 1)}});
  Start();
  EXPECT_THAT(Read(4), ElementsAre("run e/0", "lost 0: nothing came for 3s, not even a heartbeat",
                                   "run e/1 after e/0", "e/1"));
  EXPECT_THAT(client_.patience(), ElementsAre(absl::Seconds(3)));  // 1 s a heartbeat, as it says
}

TEST_F(ResultStreamTest, ASubscriptionThatDoesNotBeginIsGivenUp) {
  options_.begin_timeout = absl::Seconds(4);
  client_.Add({{}, absl::OkStatus(), absl::Hours(1)});
  client_.Add({{RunOf("e", 1)}});
  Start();
  EXPECT_THAT(Read(2), ElementsAre("lost 1: nothing came for 4s", "run e/1"));
}

TEST_F(ResultStreamTest, ADaemonWithoutHeartbeatsIsWaitedForAsLongAsTheConnectionLives) {
  v1::SubscribeResponse run = RunOf("e", 0);
  run.mutable_run()->clear_heartbeat_interval();
  client_.Add({{run}, absl::UnavailableError("keepalive"), absl::Hours(9)});
  Start();
  EXPECT_THAT(Read(2), ElementsAre("run e/0", "lost 0: keepalive"));
}

TEST_F(ResultStreamTest, WaitsTwiceAsLongAfterEachAttemptUpToTheLongest) {
  options_.backoff = {absl::Milliseconds(100), absl::Seconds(1), 0.2};
  for (int i = 0; i < 6; ++i) client_.Add({});
  client_.Add({{RunOf("e", 0)}});
  Start();
  EXPECT_THAT(Read(7).back(), "run e/0");
  EXPECT_THAT(wait_.waits(),
              ElementsAre(absl::Milliseconds(100), absl::Milliseconds(200), absl::Milliseconds(400),
                          absl::Milliseconds(800), absl::Seconds(1), absl::Seconds(1)));
}

TEST_F(ResultStreamTest, JitterShortensAWaitByAtMostItsShare) {
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
TEST_F(ResultStreamTest, TheWaitStartsAnewOnlyWhenSomethingCameOfALink) {
  for (int i = 0; i < 3; ++i) client_.Add({{RunOf("e", 0)}});
  client_.Add({{RunOf("e", 1), ResultOf("e", 1)}});
  client_.Add({{RunOf("e", 1)}});
  Start();
  Read(10);
  EXPECT_THAT(wait_.waits(), ElementsAre(absl::Milliseconds(100), absl::Milliseconds(200),
                                         absl::Milliseconds(400), absl::Milliseconds(100)));
}

TEST_F(ResultStreamTest, WaitsAtLeastAsLongAsTheDaemonSays) {
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

TEST_F(ResultStreamTest, TellsANewEpochAndTakesItFromItsBeginning) {
  client_.Add({{RunOf("old", 4), ResultOf("old", 5)}});
  client_.Add({{}, OutOfRange("new", 1, 2)});
  client_.Add({{RunOf("new", 2), ResultOf("new", 1), ResultOf("new", 2)}});
  Start();
  EXPECT_THAT(Read(7), ElementsAre("run old/4", "old/5", "lost 0: the link broke",
                                   "epoch old/5 new", "run new/2 after new/0", "new/1", "new/2"));
  EXPECT_THAT(ResumedAfter(), ElementsAre("none", "old/5", "new/0"));
}

TEST_F(ResultStreamTest, OrTakesOnlyWhatIsNewInIt) {
  options_.new_epoch_from_beginning = false;
  client_.Add({{RunOf("old", 4)}});
  client_.Add({{}, OutOfRange("new", 1, 2)});
  client_.Add({});
  client_.Add({{RunOf("new", 3), ResultOf("new", 4)}});
  Start();
  EXPECT_THAT(Read(6), ElementsAre("run old/4", "lost 0: the link broke", "epoch old/4 new",
                                   "lost 1: the link broke", "run new/3", "new/4"));
  EXPECT_THAT(ResumedAfter(), ElementsAre("none", "old/4", "none", "none"));
}

TEST_F(ResultStreamTest, ARunOfAnotherEpochIsANewEpochToo) {
  client_.Add({{RunOf("old", 4)}});
  client_.Add({{RunOf("new", 2), ResultOf("new", 3)}});
  client_.Add({{RunOf("new", 2), ResultOf("new", 1)}});
  Start();
  EXPECT_THAT(Read(5), ElementsAre("run old/4", "lost 0: the link broke", "epoch old/4 new",
                                   "run new/2 after new/0", "new/1"));
}

TEST_F(ResultStreamTest, DeclaresWhatIsNoLongerKeptAndGoesOnAtTheOldest) {
  options_.resume_after = At("e", 10);
  client_.Add({{}, OutOfRange("e", 15, 20)});
  client_.Add({{}, OutOfRange("e", 16, 21)});  // another one has gone meanwhile
  client_.Add({{RunOf("e", 21), ResultOf("e", 16)}});
  Start();
  EXPECT_EQ(Position(), "e/10");
  EXPECT_THAT(Read(4),
              ElementsAre("gone e/11-14 of 4", "gone e/15-15 of 1", "run e/21 after e/15", "e/16"));
  EXPECT_THAT(ResumedAfter(), ElementsAre("e/10", "e/14", "e/15"));
  EXPECT_THAT(wait_.waits(), ElementsAre());
}

TEST_F(ResultStreamTest, ARefusalEndsItWithTheDaemonsReason) {
  for (const grpc::StatusCode code :
       {grpc::StatusCode::PERMISSION_DENIED, grpc::StatusCode::UNAUTHENTICATED,
        grpc::StatusCode::INVALID_ARGUMENT, grpc::StatusCode::NOT_FOUND}) {
    client_.Add({{}, DaemonError(code, "WHY")});
    Start();
    for (int i = 0; i < 2; ++i) {
      const absl::StatusOr<ResultEvent> event = stream_->Next();
      EXPECT_EQ(static_cast<int>(event.status().code()), static_cast<int>(code));
      EXPECT_EQ(ErrorReason(event.status()), "WHY");
    }
  }
}

TEST_F(ResultStreamTest, WhatTheDaemonLeavesOutOrRepeatsEndsIt) {
  const auto end_of = [this](std::vector<v1::SubscribeResponse> messages) {
    client_.Add({std::move(messages)});
    Start();
    return Read(10).back();
  };
  EXPECT_THAT(end_of({RunOf("e", 4), ResultOf("e", 6)}),
              HasSubstr("DATA_LOSS: results 5 to 5 are missing and no gap was declared"));
  EXPECT_THAT(end_of({RunOf("e", 4), ResultOf("e", 5), ResultOf("e", 5)}),
              HasSubstr("DATA_LOSS: result 5 came where 6 comes next"));
  EXPECT_THAT(end_of({RunOf("e", 4), GapOf(6, 7)}),
              HasSubstr("DATA_LOSS: a gap from 6 to 7 was declared where 5 comes next"));
  EXPECT_THAT(end_of({RunOf("e", 4), GapOf(5, 4)}), HasSubstr("DATA_LOSS: a gap from 5 to 4"));
  EXPECT_THAT(end_of({RunOf("e", 4), ResultOf("x", 5)}),
              HasSubstr("DATA_LOSS: result 5 is of epoch x"));
  EXPECT_THAT(end_of({ResultOf("e", 5)}), HasSubstr("DATA_LOSS: the stream began without"));
  EXPECT_THAT(end_of({RunOf("e", 4), RunOf("e", 4)}), HasSubstr("DATA_LOSS: the run was"));
  client_.Add({{RunOf("e", 4), ResultOf("e", 5)}});
  EXPECT_THAT(end_of({RunOf("e", 4)}), HasSubstr("DATA_LOSS: the newest result of epoch e is 4"));
}

TEST_F(ResultStreamTest, OfChosenDetectorsNumbersMustOnlyRise) {
  options_.detectors = {"unet"};
  client_.Add(
      {{RunOf("e", 4), ResultOf("e", 6), GapOf(8, 12, 2), ResultOf("e", 20), ResultOf("e", 19)}});
  Start();
  EXPECT_THAT(Read(5), ElementsAre("run e/4", "e/6", "gap e/8-12 of 2", "e/20",
                                   HasSubstr("DATA_LOSS: result 19 came where 21")));
}

TEST_F(ResultStreamTest, WithoutAFirstLinkItEndsInTime) {
  options_.max_time_to_first_link = absl::Seconds(1);
  for (int i = 0; i < 9; ++i) client_.Add({});
  Start();
  const absl::Time start = clock_.Now();
  EXPECT_EQ(Read(100).back(), "UNAVAILABLE: no link for 1s: the link broke");
  EXPECT_EQ(clock_.Now() - start, absl::Seconds(1));
}

TEST_F(ResultStreamTest, AnOutageIsAllowedToLastSoLongAndEachBeginsAnew) {
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

TEST_F(ResultStreamTest, WithoutPatienceTheFirstLossEndsIt) {
  options_.max_time_without_link = absl::ZeroDuration();
  client_.Add({{RunOf("e", 0)}});
  Start();
  EXPECT_THAT(Read(9), ElementsAre("run e/0", "UNAVAILABLE: the link broke"));
}

TEST_F(ResultStreamTest, SoManyAttemptsInARowMayFail) {
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

TEST_F(ResultStreamTest, CancelEndsAWaitForAMessage) {
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
TEST_F(ResultStreamTest, CancelEndsTheWaitBetweenAttempts) {
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

TEST_F(ResultStreamTest, CancelledBeforeItBeganItAsksNobody) {
  Start();
  stream_->Cancel();
  stream_->Cancel();
  EXPECT_THAT(Read(1), ElementsAre(HasSubstr("CANCELLED")));
  EXPECT_EQ(client_.requests().size(), 0u);
}

TEST_F(ResultStreamTest, RefusesOptionsThatCannotBe) {
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
