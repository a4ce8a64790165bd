// What a subscriber gets over a real connection when it was away, slow, or silent.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/fakes/test_frames.h"
#include "tests/integration/daemon_harness.h"

namespace atomstream {
namespace {

v1::SubscribeRequest Request(v1::DeliveryPolicy policy) {
  v1::SubscribeRequest request;
  request.set_policy(policy);
  return request;
}

v1::SubscribeRequest After(v1::DeliveryPolicy policy, const std::string& epoch, int64_t sequence) {
  v1::SubscribeRequest request = Request(policy);
  request.mutable_resume_after()->set_epoch(epoch);
  request.mutable_resume_after()->set_sequence(sequence);
  return request;
}

// Results of some 20 kB an atom thousand: a reader that does not read fills its window at once.
HarnessOptions WithLargeResults(size_t atoms) {
  HarnessOptions options;
  options.detect = [atoms](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    LogStarResult result;
    result.atoms.resize(atoms);
    return result;
  };
  return options;
}

class DeliveryTest : public testing::Test {
 protected:
  // Publishes results `first` … `last`, none of which is dropped at admission.
  void Publish(int first, int last) {
    if (harness_ == nullptr) Start();
    for (int number = first; number <= last; ++number) {
      harness_->source().Give(MakeFrame(number));
      v1::FrameResult result;
      ASSERT_TRUE(ReadResult(*witness_, &result));
      ASSERT_EQ(result.position().sequence(), number);
    }
  }

  void Start() { Start(std::make_unique<DaemonHarness>()); }
  void Start(HarnessOptions options) { Start(std::make_unique<DaemonHarness>(std::move(options))); }
  void Start(std::unique_ptr<DaemonHarness> harness) {
    harness_ = std::move(harness);
    v1::RunDescription run;
    witness_ = harness_->Subscribe(&witness_context_, Request(v1::DELIVERY_POLICY_LOSSLESS), &run);
    epoch_ = run.position().epoch();
  }

  void TearDown() override {
    witness_context_.TryCancel();
    if (witness_ != nullptr) witness_->Finish();
  }

  grpc::Status Refusal(const v1::SubscribeRequest& request) {
    grpc::ClientContext context;
    const auto reader = harness_->stub().Subscribe(&context, request);
    v1::SubscribeResponse response;
    EXPECT_FALSE(reader->Read(&response));
    return reader->Finish();
  }

  std::unique_ptr<DaemonHarness> harness_;
  grpc::ClientContext witness_context_;  // of a subscriber that keeps up
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> witness_;
  std::string epoch_;
};

TEST_F(DeliveryTest, TheDescriptionOfTheRunSaysWhatIsKeptAndHowOftenThereAreHeartbeats) {
  HarnessOptions options;
  options.daemon.history.max_results = 3;
  Start(std::move(options));
  Publish(1, 5);
  grpc::ClientContext context;
  v1::RunDescription run;
  const auto reader = harness_->Subscribe(&context, {}, &run);
  EXPECT_EQ(run.position().sequence(), 5);
  EXPECT_EQ(run.oldest().epoch(), epoch_);
  EXPECT_EQ(run.oldest().sequence(), 3);
  EXPECT_EQ(run.heartbeat_interval().seconds(), 5);
  context.TryCancel();
}

TEST_F(DeliveryTest, WhoResumesGetsWhatItMissedAndThenWhatIsNewWithoutASeam) {
  Publish(1, 120);
  for (const v1::DeliveryPolicy policy :
       {v1::DELIVERY_POLICY_QUEUE, v1::DELIVERY_POLICY_LOSSLESS}) {
    grpc::ClientContext context;
    const auto reader = harness_->Subscribe(&context, After(policy, epoch_, 10));
    const int newest = policy == v1::DELIVERY_POLICY_QUEUE ? 120 : 130;
    Publish(newest + 1, newest + 10);
    for (int64_t next = 11; next <= newest + 10;) {
      v1::SubscribeResponse response;
      ASSERT_TRUE(reader->Read(&response));
      ASSERT_FALSE(response.has_gap());
      if (!response.has_result()) continue;
      ASSERT_EQ(response.result().position().sequence(), next);
      EXPECT_EQ(response.result().frame_id(), absl::StrCat("frame-", next));
      EXPECT_EQ(response.result().detectors(0).atoms().x_px(0), next);
      ++next;
    }
    context.TryCancel();
  }
}

TEST_F(DeliveryTest, AViewerThatResumesGetsTheNewestBehindOneGap) {
  Publish(1, 50);
  grpc::ClientContext context;
  const auto reader = harness_->Subscribe(&context, After(v1::DELIVERY_POLICY_LATEST, epoch_, 10));
  v1::SubscribeResponse response;
  do {
    ASSERT_TRUE(reader->Read(&response));
  } while (response.has_source() || response.has_heartbeat());
  EXPECT_EQ(response.gap().first_sequence(), 11);
  EXPECT_EQ(response.gap().last_sequence(), 49);
  EXPECT_EQ(response.gap().results(), 39);
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.result().position().sequence(), 50);
  context.TryCancel();
}

TEST_F(DeliveryTest, AResumeThatCannotBeExactIsRefusedWithWhatThereIs) {
  HarnessOptions options;
  options.daemon.history.max_results = 20;
  Start(std::move(options));
  Publish(1, 50);
  struct Case {
    std::string epoch;
    int64_t sequence;
    std::string reason;
  };
  for (const Case& bad : std::vector<Case>{{"another", 40, "EPOCH_UNKNOWN"},
                                           {epoch_, 29, "RESULT_NOT_KEPT"},
                                           {epoch_, 0, "RESULT_NOT_KEPT"},
                                           {epoch_, 51, "RESULT_NOT_KEPT"}}) {
    const grpc::Status status =
        Refusal(After(v1::DELIVERY_POLICY_LOSSLESS, bad.epoch, bad.sequence));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
    const google::rpc::ErrorInfo info = ErrorInfoOf(status);
    EXPECT_EQ(info.reason(), bad.reason);
    EXPECT_EQ(info.metadata().at("epoch"), epoch_);
    EXPECT_EQ(info.metadata().at("oldest"), "31");
    EXPECT_EQ(info.metadata().at("newest"), "50");
  }
}

TEST_F(DeliveryTest, ALosslessReaderThatStallsFallsBehindAndLosesNothing) {
  // Some 400 kB a result; its history is larger than any buffer between.
  Start(WithLargeResults(20'000));
  grpc::ClientContext context;
  const auto slow = harness_->Subscribe(&context, Request(v1::DELIVERY_POLICY_LOSSLESS));
  constexpr int kResults = 60;
  Publish(1, kResults);
  for (int64_t next = 1; next <= kResults;) {
    v1::SubscribeResponse response;
    ASSERT_TRUE(slow->Read(&response));
    ASSERT_FALSE(response.has_gap());
    if (!response.has_result()) continue;
    ASSERT_EQ(response.result().position().sequence(), next);
    ++next;
  }
  context.TryCancel();
}

TEST_F(DeliveryTest, ALosslessReaderIsToldWhatTheHistoryForgot) {
  HarnessOptions options = WithLargeResults(20'000);
  options.daemon.history.max_results = 5;
  Start(std::move(options));
  grpc::ClientContext context;
  const auto slow = harness_->Subscribe(&context, Request(v1::DELIVERY_POLICY_LOSSLESS));
  constexpr int kResults = 60;
  Publish(1, kResults);
  int64_t declared = 0;
  for (int64_t next = 1; next <= kResults;) {
    v1::SubscribeResponse response;
    ASSERT_TRUE(slow->Read(&response));
    if (response.has_gap()) {
      ASSERT_EQ(response.gap().first_sequence(), next);
      ASSERT_EQ(response.gap().results(), response.gap().last_sequence() - next + 1);
      declared += response.gap().results();
      next = response.gap().last_sequence() + 1;
    } else if (response.has_result()) {
      ASSERT_EQ(response.result().position().sequence(), next);
      ++next;
    }
  }
  EXPECT_GT(declared, 0);
  context.TryCancel();
}

// What is on its way when a viewer falls asleep cannot be called back: a flow-control window of
// 64 KiB (with grpc.http2.bdp_probe off) and one message that is being written.
TEST_F(DeliveryTest, AViewerThatWakesSoonHasANewResult) {
  Start(WithLargeResults(2000));
  grpc::ClientContext context;
  const auto viewer = harness_->Subscribe(&context, Request(v1::DELIVERY_POLICY_LATEST));
  constexpr int kMeanwhile = 300;
  Publish(1, kMeanwhile);
  int64_t stale_bytes = 0;
  v1::SubscribeResponse response;
  while (true) {
    ASSERT_TRUE(viewer->Read(&response));
    if (!response.has_result()) continue;
    if (response.result().position().sequence() >= kMeanwhile - 2) break;
    stale_bytes += static_cast<int64_t>(response.ByteSizeLong());
  }
  const auto one = static_cast<int64_t>(response.ByteSizeLong());
  EXPECT_LE(stale_bytes, (64 << 10) + 2 * one);
  context.TryCancel();
}

TEST_F(DeliveryTest, ASilentStreamBeats) {
  Publish(1, 3);
  v1::SubscribeRequest request;
  request.mutable_heartbeat_interval()->set_nanos(100'000'000);
  grpc::ClientContext context;
  v1::RunDescription run;
  const auto reader = harness_->Subscribe(&context, request, &run);
  EXPECT_EQ(run.heartbeat_interval().nanos(), 100'000'000);
  for (int beats = 0; beats < 3;) {
    v1::SubscribeResponse response;
    ASSERT_TRUE(reader->Read(&response));
    if (!response.has_heartbeat()) continue;
    ++beats;
    EXPECT_EQ(response.heartbeat().newest().epoch(), epoch_);
    EXPECT_EQ(response.heartbeat().newest().sequence(), 3);
    EXPECT_GT(response.heartbeat().time().seconds(), 0);
  }
  context.TryCancel();
}

TEST_F(DeliveryTest, RefusesABadHeartbeatIntervalAndNamesIt) {
  Start();
  for (const auto& [seconds, nanos] : std::vector<std::pair<int64_t, int32_t>>{
           {0, 99'999'999}, {3600, 1}, {-1, 0}, {0, -5}, {0, 0}, {int64_t{1} << 60, 0}}) {
    v1::SubscribeRequest request;
    request.mutable_heartbeat_interval()->set_seconds(seconds);
    request.mutable_heartbeat_interval()->set_nanos(nanos);
    const grpc::Status status = Refusal(request);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "SUBSCRIPTION_INVALID");
    EXPECT_EQ(ErrorInfoOf(status).metadata().at("field"), "heartbeat_interval");
  }
}

TEST_F(DeliveryTest, ManyStalledSubscribersOfEveryPolicyDisturbNobody) {
  Start(WithLargeResults(5000));
  constexpr int kStalled = 16, kLive = 8, kResults = 100;
  constexpr v1::DeliveryPolicy kPolicies[] = {v1::DELIVERY_POLICY_LATEST, v1::DELIVERY_POLICY_QUEUE,
                                              v1::DELIVERY_POLICY_LOSSLESS};
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<v1::Analysis::Stub>> stubs;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>>> readers;
  for (int i = 0; i < kStalled + kLive; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    stubs.push_back(v1::Analysis::NewStub(harness_->NewChannel()));
    readers.push_back(stubs.back()->Subscribe(contexts.back().get(), Request(kPolicies[i % 3])));
    v1::SubscribeResponse first;
    ASSERT_TRUE(readers.back()->Read(&first));
  }
  std::vector<std::thread> live;
  for (int i = kStalled; i < kStalled + kLive; ++i) {
    live.emplace_back([reader = readers[i].get()] {
      v1::SubscribeResponse response;
      int64_t next = 1;
      while (next <= kResults && reader->Read(&response)) {
        if (response.has_gap()) {
          EXPECT_EQ(response.gap().first_sequence(), next);
          next = response.gap().last_sequence() + 1;
        } else if (response.has_result()) {
          EXPECT_EQ(response.result().position().sequence(), next);
          ++next;
        }
      }
      EXPECT_EQ(next, kResults + 1);
    });
  }
  Publish(1, kResults);
  for (std::thread& thread : live) thread.join();
  for (const auto& context : contexts) context->TryCancel();
}

}  // namespace
}  // namespace atomstream
