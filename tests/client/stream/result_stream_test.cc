// What a ResultStream tells of what comes.
#include <string>
#include <utility>
#include <vector>

#include "tests/client/stream/result_stream_fixture.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

TEST_F(ResultStreamTest, BeginsWithTheFirstResultWhicheverTheEpochIs) {
  options_.resume_after = At("", 0);
  client_.Add({});
  client_.Add({{RunOf("e", 2), ResultOf("e", 1)}});
  client_.Add({{RunOf("e", 2), ResultOf("e", 2)}});
  Start();
  EXPECT_THAT(Read(6), ElementsAre("lost 1: the link broke", "run e/2 after e/0", "e/1",
                                   "lost 0: the link broke", "run e/2 after e/1", "e/2"));
  EXPECT_THAT(ResumedAfter(), ElementsAre("/0", "/0", "e/1"));
}

TEST_F(ResultStreamTest, OrWithTheOldestThatIsKept) {
  options_.resume_after = At("", 0);
  client_.Add({{}, OutOfRange("e", 4, 9)});
  client_.Add({{RunOf("e", 9), ResultOf("e", 4)}});
  Start();
  EXPECT_THAT(Read(3), ElementsAre("gone e/1-3 of 3", "run e/9 after e/3", "e/4"));
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

}  // namespace
}  // namespace atomstream
