// Request ids and the lines of the log about calls, over real connections.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "atomstream/v1/steering.grpc.pb.h"
#include "atomstream/v1/targeting.grpc.pb.h"
#include "client/cpp/analysis_client.h"
#include "client/cpp/channel.h"
#include "client/cpp/rpc_status.h"
#include "core/base/request_id.h"
#include "google/rpc/status.pb.h"
#include "server/log/protobuf_log.h"
#include "tests/fakes/gate.h"
#include "tests/fakes/line_log.h"
#include "tests/fakes/test_frames.h"
#include "tests/integration/daemon_harness.h"
#include "tests/integration/daemon_process.h"

namespace atomstream {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::SizeIs;

// Of the details of an error; empty: there is none.
std::string RequestIdOf(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  std::vector<std::string> ids;
  google::rpc::RequestInfo info;
  for (const google::protobuf::Any& detail : details.details()) {
    if (detail.UnpackTo(&info)) ids.push_back(info.request_id());
  }
  EXPECT_LE(ids.size(), 1u);
  return ids.empty() ? "" : ids.front();
}

// Of the headers of an answer.
std::string RequestIdOf(const grpc::ClientContext& context) {
  const auto [begin, end] = context.GetServerInitialMetadata().equal_range(kRequestIdKey);
  EXPECT_EQ(std::distance(begin, end), 1);
  return begin == end ? "" : std::string(begin->second.data(), begin->second.size());
}

class RequestsTest : public testing::Test {
 protected:
  void Start() { Start(HarnessOptions()); }
  void Start(HarnessOptions options) {
    options.log = &log_;
    harness_ = std::make_unique<DaemonHarness>(std::move(options));
  }

  grpc::Status Analyze(grpc::ClientContext* context, const v1::Frame& frame) {
    v1::AnalyzeFrameRequest request;
    *request.mutable_frame() = frame;
    v1::AnalyzeFrameResponse response;
    return harness_->stub().AnalyzeFrame(context, request, &response);
  }

  std::unique_ptr<AnalysisClient> Client(const std::string& request_id = "") {
    const auto channel =
        MakeChannel({.address = absl::StrCat("127.0.0.1:", harness_->daemon().port()),
                     .security = {},
                     .request_id = request_id});
    EXPECT_TRUE(channel.ok()) << channel.status();
    return AnalysisClient::Create(*channel);
  }

  LineLog log_;  // outlives the daemon
  std::unique_ptr<DaemonHarness> harness_;
};

TEST_F(RequestsTest, AnAnswerNamesItsCallAsTheCallerDid) {
  Start();
  grpc::ClientContext context;
  context.AddMetadata(kRequestIdKey, "night-run/7");
  EXPECT_TRUE(Analyze(&context, ValidFrame("f")).ok());
  EXPECT_EQ(RequestIdOf(context), "night-run/7");
}

TEST_F(RequestsTest, ACallWithoutANameGetsOneOfItsOwn) {
  Start();
  std::vector<std::string> ids;
  for (int i = 0; i < 2; ++i) {
    grpc::ClientContext context;
    EXPECT_TRUE(Analyze(&context, ValidFrame("f")).ok());
    ids.push_back(RequestIdOf(context));
    EXPECT_THAT(ids.back(), MatchesRegex("[0-9a-f]{8}-[0-9]+"));
  }
  EXPECT_NE(ids[0], ids[1]);
}

TEST_F(RequestsTest, ANameThatBreaksTheRuleIsReplacedAndTold) {
  Start();
  for (const std::string& bad : {std::string("a b"), std::string(65, 'x')}) {
    grpc::ClientContext context;
    context.AddMetadata(kRequestIdKey, bad);
    EXPECT_TRUE(Analyze(&context, ValidFrame("f")).ok());
    EXPECT_THAT(RequestIdOf(context), MatchesRegex("[0-9a-f]{8}-[0-9]+"));
  }
  grpc::ClientContext twice;
  twice.AddMetadata(kRequestIdKey, "a");
  twice.AddMetadata(kRequestIdKey, "b");
  EXPECT_TRUE(Analyze(&twice, ValidFrame("f")).ok());
  EXPECT_THAT(RequestIdOf(twice), MatchesRegex("[0-9a-f]{8}-[0-9]+"));
  EXPECT_EQ(log_.WaitFor("x-request-id", 3).size(), 3u);
}

TEST_F(RequestsTest, ARefusedFrameIsToldWithBothItsNames) {
  Start();
  grpc::ClientContext context;
  context.AddMetadata(kRequestIdKey, "r-1");
  v1::Frame frame = ValidFrame("f7");
  frame.set_width_px(0);
  const grpc::Status status = Analyze(&context, frame);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(RequestIdOf(status), "r-1");
  EXPECT_EQ(RequestIdOf(context), "r-1");
  EXPECT_THAT(log_.WaitFor("call failed", 1),
              ElementsAre(AllOf(HasSubstr("INFO call failed: width_px = 0"),
                                HasSubstr("[component=call frame_id=f7 request_id=r-1 "
                                          "method=Analysis/AnalyzeFrame code=INVALID_ARGUMENT "
                                          "reason=FRAME_INVALID peer=ipv4:127.0.0.1:"),
                                HasSubstr(" duration_s="))));
}

TEST_F(RequestsTest, ADetectorThatFailsIsToldWithTheFrameAndTheCall) {
  HarnessOptions options;
  options.detect = [](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    return absl::InternalError("broken");
  };
  Start(std::move(options));
  grpc::ClientContext context;
  context.AddMetadata(kRequestIdKey, "r-2");
  const grpc::Status status = Analyze(&context, ValidFrame("f8"));
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(RequestIdOf(status), "r-2");
  EXPECT_THAT(log_.WaitFor("failed on a frame", 1),
              ElementsAre(AllOf(HasSubstr("WARNING log_star failed on a frame: INTERNAL: broken"),
                                HasSubstr("[component=detector frame_id=f8 request_id=r-2]"))));
  // The call's own line.
  EXPECT_THAT(log_.WaitFor("call failed", 1),
              ElementsAre(HasSubstr("frame_id=f8 request_id=r-2 method=Analysis/AnalyzeFrame")));
}

TEST_F(RequestsTest, CallsThatSucceedAreNotTold) {
  Start();
  grpc::ClientContext context;
  EXPECT_TRUE(Analyze(&context, ValidFrame("f")).ok());
  EXPECT_THAT(log_.lines(), Each(Not(HasSubstr("component=call"))));
}

// Of a call that is refused before its request is read: too many of them.
TEST_F(RequestsTest, ACallThatTheGuardRefusesHasItsNameToo) {
  HarnessOptions options;
  options.daemon.security.limits.calls_per_second = 0.01;
  Start(std::move(options));
  std::string refused;
  for (int i = 0; i < 3 && refused.empty(); ++i) {
    grpc::ClientContext context;
    const std::string id = absl::StrCat("r-", i);
    context.AddMetadata(kRequestIdKey, id);
    v1::GetStatusResponse response;
    const grpc::Status status = harness_->stub().GetStatus(&context, {}, &response);
    EXPECT_EQ(RequestIdOf(context), id);
    if (status.ok()) continue;
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(RequestIdOf(status), id);
    refused = id;
  }
  ASSERT_NE(refused, "");
  EXPECT_THAT(log_.WaitFor("call failed", 1),
              ElementsAre(AllOf(HasSubstr("WARNING call failed"),
                                HasSubstr(absl::StrCat("request_id=", refused)),
                                HasSubstr("reason=RATE_LIMITED"))));
}

TEST_F(RequestsTest, SubscribersAreToldWhenTheyComeAndGo) {
  Start();
  {
    grpc::ClientContext context;
    context.AddMetadata(kRequestIdKey, "watcher");
    v1::SubscribeRequest request;
    request.set_policy(v1::DELIVERY_POLICY_LOSSLESS);
    const auto reader = harness_->Subscribe(&context, request);
    EXPECT_EQ(RequestIdOf(context), "watcher");
    for (int i = 1; i <= 2; ++i) {
      harness_->source().Give(MakeFrame(i));
      v1::FrameResult result;
      ASSERT_TRUE(ReadResult(*reader, &result));
    }
    context.TryCancel();
    reader->Finish();
  }
  EXPECT_THAT(log_.WaitFor("subscriber joined", 1),
              ElementsAre(AllOf(HasSubstr("INFO subscriber joined [component=delivery "
                                          "request_id=watcher policy=lossless peer=ipv4:"),
                                HasSubstr("behind_sequence=0"))));
  EXPECT_THAT(log_.WaitFor("subscriber left", 1),
              ElementsAre(AllOf(HasSubstr("request_id=watcher cause=reader_gone policy=lossless"),
                                HasSubstr("results=2 gaps=0 gap_results=0 duration_s="))));
  // A reader that went away is no failed call.
  EXPECT_THAT(log_.lines(), Each(Not(HasSubstr("call failed"))));
}

TEST_F(RequestsTest, WatchersOfTargetsAreToldWhenTheyComeAndGo) {
  Start();
  const auto targeting = v1::Targeting::NewStub(harness_->NewChannel());
  v1::WatchTargetsRequest request;
  request.mutable_criteria()->set_max_count(1);
  grpc::ClientContext leaving, staying;
  leaving.AddMetadata(kRequestIdKey, "leaves");
  staying.AddMetadata(kRequestIdKey, "stays");
  const auto leaver = targeting->WatchTargets(&leaving, request);
  EXPECT_THAT(log_.WaitFor("watcher joined", 1),
              ElementsAre(AllOf(HasSubstr("INFO watcher joined [component=targeting "
                                          "request_id=leaves selection_id="),
                                HasSubstr(" peer=ipv4:"))));
  leaving.TryCancel();
  leaver->Finish();
  EXPECT_THAT(log_.WaitFor("watcher left", 1),
              ElementsAre(AllOf(HasSubstr("request_id=leaves cause=reader_gone selection_id="),
                                HasSubstr("updates=0 frames_skipped=0 duration_s="))));
  const auto stayer = targeting->WatchTargets(&staying, request);
  log_.WaitFor("watcher joined", 2);
  harness_->daemon().Shutdown();
  EXPECT_EQ(stayer->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(log_.WaitFor("watcher left", 2),
              ElementsAre(testing::_, HasSubstr("request_id=stays cause=shutdown")));
  // Neither who went away nor the daemon's end is a failed call.
  EXPECT_THAT(log_.lines(), Each(Not(HasSubstr("call failed"))));
}

TEST_F(RequestsTest, AStreamThatEndsWithTheDaemonIsNoFailedCall) {
  Start();
  grpc::ClientContext context;
  const auto reader = harness_->Subscribe(&context);
  harness_->daemon().Shutdown();
  v1::FrameResult result;
  while (ReadResult(*reader, &result)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(log_.WaitFor("subscriber left", 1), ElementsAre(HasSubstr("cause=shutdown")));
  EXPECT_THAT(log_.lines(), Each(Not(HasSubstr("call failed"))));
}

TEST_F(RequestsTest, WhoChangesSettingsIsAuditedWithTheCall) {
  Start();
  grpc::ClientContext context;
  context.AddMetadata(kRequestIdKey, "steer-1");
  v1::SelectSolutionRequest request;
  request.set_requested_by("ana");
  request.mutable_selection()->set_preference(0.25);
  v1::SelectSolutionResponse response;
  const auto steering = v1::Steering::NewStub(harness_->NewChannel());
  const grpc::Status status = steering->SelectSolution(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(log_.WaitFor("audit: select", 1),
              ElementsAre(AllOf(HasSubstr("component=audit request_id=steer-1 action=select"),
                                HasSubstr("caller=\"ana (ipv4:127.0.0.1:"))));
}

TEST_F(RequestsTest, TheTraceAndTheNameOfACallComeIntoTheSpans) {
  const std::string path = absl::StrCat(testing::TempDir(), "requests-spans-", getpid(), ".jsonl");
  std::remove(path.c_str());
  HarnessOptions options;
  options.daemon.spans.file = path;
  Start(std::move(options));
  grpc::ClientContext context;
  context.AddMetadata(kRequestIdKey, "traced");
  context.AddMetadata("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  context.AddMetadata("tracestate", "rojo=00f067aa0ba902b7");
  context.AddMetadata("tracestate", "congo=t61rcWkgMzE");
  EXPECT_TRUE(Analyze(&context, ValidFrame("f")).ok());
  harness_.reset();  // writes what waits
  std::ifstream file(path);
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  std::remove(path.c_str());
  EXPECT_THAT(line, AllOf(HasSubstr("\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\""),
                          HasSubstr("\"parentSpanId\":\"00f067aa0ba902b7\""),
                          HasSubstr("\"traceState\":\"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE\""),
                          HasSubstr("{\"key\":\"atomstream.request.id\","
                                    "\"value\":{\"stringValue\":\"traced\"}}")));
}

// A caller may send what protobuf complains of: no line of another form may come of it.
TEST_F(RequestsTest, WhatProtobufComplainsOfComesIntoTheLog) {
  const ProtobufLog protobuf(&log_);
  Start();
  v1::GetFrameResultRequest request;
  request.set_frame_id("no UTF-8: \xff");
  grpc::ClientContext context;
  v1::GetFrameResultResponse response;
  const grpc::Status status = harness_->stub().GetFrameResult(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  // Of this test's client and of the daemon.
  EXPECT_THAT(log_.WaitFor("protobuf: String field", 2), SizeIs(2));
}

// The C++ client: it names its calls itself, so that an error has the name even where the daemon
// had no say any more.
TEST_F(RequestsTest, TheClientKnowsTheNameOfACallThatFailed) {
  Gate stuck;
  HarnessOptions options;
  options.detect = [&stuck](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    stuck.Pass();
    return LogStarResult();
  };
  Start(std::move(options));
  v1::GetFrameResultRequest missing;
  missing.set_frame_id("nowhere");
  const auto found = Client()->GetFrameResult(missing, absl::Seconds(60));
  EXPECT_TRUE(absl::IsNotFound(found.status())) << found.status();
  const std::string id = ErrorRequestId(found.status());
  EXPECT_THAT(id, MatchesRegex("[0-9a-f]{16}"));
  EXPECT_THAT(log_.WaitFor("call failed", 1),
              ElementsAre(HasSubstr(absl::StrCat("frame_id=nowhere request_id=", id))));

  v1::AnalyzeFrameRequest late;
  *late.mutable_frame() = ValidFrame("late");
  const auto client = Client("mine");
  // The detector waits for longer in any case. On a busy machine a call may end before it came
  // there.
  for (absl::Duration limit = absl::Milliseconds(500); stuck.arrived() == 0; limit *= 2) {
    const auto analysed = client->AnalyzeFrame(late, limit);
    ASSERT_TRUE(absl::IsDeadlineExceeded(analysed.status())) << analysed.status();
    EXPECT_EQ(ErrorRequestId(analysed.status()), "mine");
  }
  EXPECT_THAT(log_.WaitFor("request_id=mine", 1),
              Each(AllOf(HasSubstr("call failed"), HasSubstr("code=CANCELLED"))));
  stuck.Open();
}

TEST(RequestIdOptionTest, AChannelWithABadNameIsRefused) {
  const auto channel = MakeChannel({.address = "127.0.0.1:1", .security = {}, .request_id = "a b"});
  EXPECT_TRUE(absl::IsInvalidArgument(channel.status()));
  EXPECT_THAT(std::string(channel.status().message()),
              HasSubstr("request_id = a b: must be 1 to 64"));
}

TEST_F(RequestsTest, TheCommandLineTellsAndTakesTheName) {
  Start();
  const std::string server = absl::StrCat("--server=127.0.0.1:", harness_->daemon().port());
  DaemonProcess own({"get", "nowhere", server}, ATOMSTREAM);
  EXPECT_EQ(own.ExitCode(), 1);
  EXPECT_THAT(own.output(),
              MatchesRegex("atomstream: NOT_FOUND: [^\n]* \\(request id [0-9a-f]{16}\\)\n"));
  DaemonProcess given({"get", "nowhere", server, "--request_id=ana-7"}, ATOMSTREAM);
  EXPECT_EQ(given.ExitCode(), 1);
  EXPECT_THAT(given.output(), HasSubstr(" (request id ana-7)\n"));
  EXPECT_EQ(log_.WaitFor("request_id=ana-7", 1).size(), 1u);
  DaemonProcess bad({"get", "nowhere", server, "--request_id=a b"}, ATOMSTREAM);
  EXPECT_EQ(bad.ExitCode(), 2);
  EXPECT_THAT(bad.output(), HasSubstr("--request_id = a b: must be 1 to 64"));
}

}  // namespace
}  // namespace atomstream
