// Subscribing over a real connection: order, gaps, limits, and the end of the daemon.
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "tests/fakes/gate.h"
#include "tests/fakes/test_frames.h"
#include "tests/integration/daemon_harness.h"

namespace atomstream {
namespace {

v1::SubscribeRequest Queue(int size) {
  v1::SubscribeRequest request;
  request.set_policy(v1::DELIVERY_POLICY_QUEUE);
  request.set_queue_size(size);
  return request;
}

TEST(SubscribeTest, DescribesTheRunFirst) {
  DaemonHarness harness;
  grpc::ClientContext context;
  v1::RunDescription run;
  auto reader = harness.Subscribe(&context, {}, &run);
  EXPECT_EQ(run.source(), "fake source");
  EXPECT_EQ(run.position().sequence(), 0);
  EXPECT_EQ(run.position().epoch().size(), 36u);
  EXPECT_EQ(run.material(), "auto");
  ASSERT_EQ(run.detectors_size(), 1);
  EXPECT_EQ(run.detectors(0), "log_star");
  context.TryCancel();
}

TEST(SubscribeTest, TellsTheStateOfTheSource) {
  DaemonHarness harness;
  grpc::ClientContext context;
  auto reader = harness.Subscribe(&context);
  v1::SubscribeResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.source().state(), v1::SOURCE_STATE_CONNECTING);
  harness.source().Give(MakeFrame(1));
  do {
    ASSERT_TRUE(reader->Read(&response));
  } while (!response.has_source());
  EXPECT_EQ(response.source().state(), v1::SOURCE_STATE_STREAMING);
  context.TryCancel();
}

TEST(SubscribeTest, DeliversResultsInOrderAndCompleteToAReaderThatKeepsUp) {
  DaemonHarness harness;
  grpc::ClientContext context;
  auto reader = harness.Subscribe(&context, Queue(64));
  for (int number = 1; number <= 50; ++number) {
    // One at a time, so that none is dropped at admission.
    harness.source().Give(MakeFrame(number));
    v1::FrameResult result;
    ASSERT_TRUE(ReadResult(*reader, &result));
    EXPECT_EQ(result.position().sequence(), number);
    EXPECT_EQ(result.frame_number(), number);
    EXPECT_EQ(result.frames_dropped_before(), 0);
    EXPECT_EQ(result.origin(), "source");
    ASSERT_EQ(result.detectors_size(), 1);
    EXPECT_EQ(result.detectors(0).atoms().x_px(0), number);
  }
  context.TryCancel();
}

TEST(SubscribeTest, LeavesOutPartsThatAreNotWanted) {
  DaemonHarness harness;
  v1::SubscribeRequest request = Queue(8);
  request.add_parts(v1::RESULT_PART_FRONT);
  grpc::ClientContext all_context, front_context;
  auto all = harness.Subscribe(&all_context, Queue(8));
  auto front = harness.Subscribe(&front_context, request);
  harness.source().Give(MakeFrame(1));
  v1::FrameResult result;
  ASSERT_TRUE(ReadResult(*front, &result));
  EXPECT_FALSE(result.detectors(0).has_atoms());
  EXPECT_EQ(result.detectors(0).front().solutions_size(), 1);
  ASSERT_TRUE(ReadResult(*all, &result));
  EXPECT_TRUE(result.detectors(0).has_atoms());
  all_context.TryCancel();
  front_context.TryCancel();
}

TEST(SubscribeTest, EveryLossOfASlowReaderIsDeclared) {
  // Results large enough that a reader that does not read fills its window at once.
  HarnessOptions options;
  options.detect = [](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    LogStarResult result;
    result.atoms.resize(20'000);
    return result;
  };
  DaemonHarness harness(std::move(options));
  grpc::ClientContext slow_context, fast_context;
  auto slow = harness.Subscribe(&slow_context, Queue(2));
  auto fast = harness.Subscribe(&fast_context, Queue(1024));
  constexpr int kFrames = 60;
  for (int number = 1; number <= kFrames; ++number) {
    harness.source().Give(MakeFrame(number));
    v1::FrameResult result;
    ASSERT_TRUE(ReadResult(*fast, &result));
    ASSERT_EQ(result.position().sequence(), number);
  }
  int64_t next = 1;
  int64_t declared = 0;
  v1::SubscribeResponse response;
  while (next <= kFrames && slow->Read(&response)) {
    if (response.has_gap()) {
      EXPECT_EQ(response.gap().first_sequence(), next);
      declared += response.gap().last_sequence() - response.gap().first_sequence() + 1;
      next = response.gap().last_sequence() + 1;
    } else if (response.has_result()) {
      EXPECT_EQ(response.result().position().sequence(), next);
      ++next;
    }
  }
  EXPECT_EQ(next, kFrames + 1);
  EXPECT_GT(declared, 0);
  slow_context.TryCancel();
  fast_context.TryCancel();
}

TEST(SubscribeTest, RefusesABadQueueSizeAndNamesIt) {
  DaemonHarness harness;
  for (const int size : {-1, 1025}) {
    grpc::ClientContext context;
    auto reader = harness.stub().Subscribe(&context, Queue(size));
    v1::SubscribeResponse response;
    EXPECT_FALSE(reader->Read(&response));
    const grpc::Status status = reader->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    const google::rpc::ErrorInfo info = ErrorInfoOf(status);
    EXPECT_EQ(info.reason(), "SUBSCRIPTION_INVALID");
    EXPECT_EQ(info.metadata().at("field"), "queue_size");
    EXPECT_EQ(info.metadata().at("value"), absl::StrCat(size));
  }
}

TEST(SubscribeTest, RefusesAnUnknownPolicy) {
  DaemonHarness harness;
  v1::SubscribeRequest request;
  request.set_policy(static_cast<v1::DeliveryPolicy>(99));
  grpc::ClientContext context;
  auto reader = harness.stub().Subscribe(&context, request);
  const grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("field"), "policy");
}

TEST(SubscribeTest, RefusesTooManySubscribers) {
  HarnessOptions options;
  options.daemon.max_subscribers = 1;
  DaemonHarness harness(std::move(options));
  grpc::ClientContext first_context, second_context;
  auto first = harness.Subscribe(&first_context);
  auto second = harness.stub().Subscribe(&second_context, {});
  const grpc::Status status = second->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "TOO_MANY_SUBSCRIBERS");
  first_context.TryCancel();
}

TEST(ShutdownTest, EndsIdleSubscribersWithUnavailable) {
  DaemonHarness harness;
  grpc::ClientContext context;
  auto reader = harness.Subscribe(&context);
  const absl::Time start = absl::Now();
  EXPECT_TRUE(harness.daemon().Shutdown());
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));  // issue 2, point 4
  v1::SubscribeResponse response;
  while (reader->Read(&response)) {
  }
  const grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "SHUTTING_DOWN");
}

TEST(ShutdownTest, IsNotHeldUpByStalledSubscribers) {
  HarnessOptions options;
  options.detect = [](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    LogStarResult result;
    result.atoms.resize(100'000);
    return result;
  };
  DaemonHarness harness(std::move(options));
  grpc::ClientContext stalled_context, reading_context;
  auto stalled = harness.Subscribe(&stalled_context, Queue(8));
  auto reading = harness.Subscribe(&reading_context, Queue(8));
  for (int number = 1; number <= 6; ++number) {
    harness.source().Give(MakeFrame(number));
    v1::FrameResult result;
    ASSERT_TRUE(ReadResult(*reading, &result));
  }
  const absl::Time start = absl::Now();
  EXPECT_TRUE(harness.daemon().Shutdown());
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
  stalled_context.TryCancel();
  reading_context.TryCancel();
}

TEST(ShutdownTest, FinishesFramesThatWereAdmitted) {
  auto gate = std::make_shared<Gate>();
  HarnessOptions options;
  options.detect = [gate](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    gate->Pass();
    return LogStarResult();
  };
  DaemonHarness harness(std::move(options));
  grpc::ClientContext context;
  auto reader = harness.Subscribe(&context, Queue(8));
  harness.source().Give(MakeFrame(1));
  gate->WaitForArrivals(1);
  std::thread opener([&] {
    harness.source().WaitUntilCancelled();
    gate->Open();
  });
  EXPECT_TRUE(harness.daemon().Shutdown());
  opener.join();
  v1::FrameResult result;
  EXPECT_TRUE(ReadResult(*reader, &result));
  EXPECT_EQ(result.frame_id(), "frame-1");
}

TEST(ShutdownTest, GivesUpOnAFrameThatTakesTooLong) {
  auto gate = std::make_shared<Gate>();
  HarnessOptions options;
  options.daemon.shutdown_deadline = absl::Milliseconds(2600);  // 100 ms for the frame
  options.detect = [gate](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    gate->Pass();
    return LogStarResult();
  };
  DaemonHarness harness(std::move(options));
  harness.source().Give(MakeFrame(1));
  gate->WaitForArrivals(1);
  EXPECT_FALSE(harness.daemon().Shutdown());
  gate->Open();  // so that the destructor need not wait for ever
}

}  // namespace
}  // namespace atomstream
