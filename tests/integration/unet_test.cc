// The U-Net beside LoG* over a real connection, with a fake network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fakes/gate.h"
#include "tests/integration/daemon_harness.h"

namespace atomstream {
namespace {

HarnessOptions WithUnet(FakeSegmenter::Body segment = FakeSegmenter::OneAtom,
                        bool with_source = false) {
  HarnessOptions options;
  options.segment = std::move(segment);
  options.with_source = with_source;
  return options;
}

grpc::Status Analyze(DaemonHarness& harness, const std::vector<std::string>& detectors,
                     v1::FrameResult* result, const std::string& id = "f") {
  grpc::ClientContext context;
  v1::AnalyzeFrameRequest request;
  *request.mutable_frame() = TexturedFrame(id);
  *request.mutable_detectors() = {detectors.begin(), detectors.end()};
  v1::AnalyzeFrameResponse response;
  const grpc::Status status = harness.stub().AnalyzeFrame(&context, request, &response);
  *result = response.result();
  return status;
}

std::vector<std::string> NamesIn(const v1::FrameResult& result) {
  std::vector<std::string> names;
  for (const v1::DetectorResult& detector : result.detectors())
    names.push_back(detector.detector());
  return names;
}

TEST(UnetTest, AnAnalysisReturnsTheDetectorsThatWereAskedFor) {
  DaemonHarness harness(WithUnet());
  v1::FrameResult result;
  ASSERT_TRUE(Analyze(harness, {}, &result).ok());
  EXPECT_THAT(NamesIn(result), testing::ElementsAre("log_star", "unet"));
  EXPECT_EQ(result.detectors(1).model_id(), "fake@0");
  EXPECT_EQ(result.detectors(1).device(), "cpu");
  EXPECT_EQ(result.detectors(1).ensemble_members(), 3);
  EXPECT_EQ(result.detectors(1).atoms().confidence_size(), 1);
  EXPECT_EQ(result.detectors(1).atoms().spread_size(), 1);
  EXPECT_TRUE(result.summary().complete());
  EXPECT_EQ(result.position().sequence(), 2);
  ASSERT_TRUE(Analyze(harness, {"unet"}, &result).ok());
  EXPECT_THAT(NamesIn(result), testing::ElementsAre("unet"));
  ASSERT_TRUE(Analyze(harness, {"log_star"}, &result).ok());
  EXPECT_THAT(NamesIn(result), testing::ElementsAre("log_star"));
  const grpc::Status unknown = Analyze(harness, {"yolo"}, &result);
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ErrorInfoOf(unknown).reason(), "DETECTOR_UNKNOWN");
  EXPECT_EQ(ErrorInfoOf(unknown).metadata().at("value"), "yolo");
}

TEST(UnetTest, ADaemonWithoutOneSaysSo) {
  DaemonHarness harness;
  v1::FrameResult result;
  EXPECT_EQ(ErrorInfoOf(Analyze(harness, {"unet"}, &result)).reason(), "DETECTOR_UNKNOWN");
  grpc::ClientContext subscribe_context;
  v1::SubscribeRequest request;
  request.add_detectors("unet");
  const auto reader = harness.stub().Subscribe(&subscribe_context, request);
  v1::SubscribeResponse response;
  EXPECT_FALSE(reader->Read(&response));
  const grpc::Status end = reader->Finish();
  EXPECT_EQ(end.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ErrorInfoOf(end).reason(), "DETECTOR_UNKNOWN");
  grpc::ClientContext context;
  v1::GetStatusResponse status;
  ASSERT_TRUE(harness.stub().GetStatus(&context, {}, &status).ok());
  EXPECT_FALSE(status.has_model());
}

TEST(UnetTest, SubscribersGetEachDetectorByItselfAndOnlyThoseTheyWant) {
  DaemonHarness harness(WithUnet(FakeSegmenter::OneAtom, /*with_source=*/true));
  grpc::ClientContext all_context, unet_context;
  v1::RunDescription run;
  v1::SubscribeRequest request;
  request.set_policy(v1::DELIVERY_POLICY_QUEUE);
  const auto all = harness.Subscribe(&all_context, request, &run);
  EXPECT_THAT(std::vector<std::string>(run.detectors().begin(), run.detectors().end()),
              testing::ElementsAre("log_star", "unet"));
  request.add_detectors("unet");
  const auto only_unet = harness.Subscribe(&unet_context, request);
  harness.source().Give(MakeTexturedFrame(1));
  v1::FrameResult result;
  ASSERT_TRUE(ReadResult(*only_unet, &result));
  EXPECT_THAT(NamesIn(result), testing::ElementsAre("unet"));
  EXPECT_EQ(result.frame_number(), 1);
  std::vector<std::string> names;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(ReadResult(*all, &result));
    ASSERT_EQ(result.detectors_size(), 1);
    names.push_back(result.detectors(0).detector());
    EXPECT_EQ(result.summary().complete(), i == 1);
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("log_star", "unet"));
  all_context.TryCancel();
  unet_context.TryCancel();
}

TEST(UnetTest, AFrameIdFindsAllResultsOfItsNewestAnalysisAndAPositionFindsOne) {
  DaemonHarness harness(WithUnet());
  v1::FrameResult analyzed;
  ASSERT_TRUE(Analyze(harness, {"log_star"}, &analyzed, "twice").ok());
  ASSERT_TRUE(Analyze(harness, {}, &analyzed, "twice").ok());
  ASSERT_TRUE(Analyze(harness, {}, &analyzed, "other").ok());
  v1::GetFrameResultRequest request;
  v1::GetFrameResultResponse found;
  {
    grpc::ClientContext context;
    request.set_frame_id("twice");
    ASSERT_TRUE(harness.stub().GetFrameResult(&context, request, &found).ok());
  }
  EXPECT_THAT(NamesIn(found.result()), testing::ElementsAre("log_star", "unet"));
  EXPECT_EQ(found.result().position().sequence(), 3);
  for (int64_t sequence = 1; sequence <= 5; ++sequence) {
    grpc::ClientContext context;
    request.mutable_position()->set_epoch(analyzed.position().epoch());
    request.mutable_position()->set_sequence(sequence);
    ASSERT_TRUE(harness.stub().GetFrameResult(&context, request, &found).ok());
    EXPECT_EQ(found.result().detectors_size(), 1);
  }
  grpc::ClientContext context;
  v1::ListFrameResultsResponse page;
  ASSERT_TRUE(harness.stub().ListFrameResults(&context, {}, &page).ok());
  EXPECT_EQ(page.results_size(), 5);  // one a detector
}

TEST(UnetTest, ACallerThatGivesUpWhileItsFrameWaitsForTheUnetIsLetGoAtOnce) {
  auto network = std::make_shared<Gate>();
  DaemonHarness harness(WithUnet([network](const Image& image) {
    network->Pass();
    return FakeSegmenter::OneAtom(image);
  }));
  std::thread running([&] {
    v1::FrameResult result;
    EXPECT_TRUE(Analyze(harness, {"unet"}, &result, "running").ok());
  });
  network->WaitForArrivals(1);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  v1::AnalyzeFrameRequest request;
  *request.mutable_frame() = TexturedFrame("waiting");
  v1::AnalyzeFrameResponse response;
  EXPECT_EQ(harness.stub().AnalyzeFrame(&context, request, &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  network->Open();
  running.join();
  v1::FrameResult result;
  EXPECT_TRUE(Analyze(harness, {}, &result, "next").ok());
}

TEST(UnetTest, TheStatusTellsTheModelItsReloadsAndTheLastRefusal) {
  const std::string path = absl::StrCat(testing::TempDir(), "unet_reload_", getpid(), ".textproto");
  absl::StatusOr<UnetModel> next = MakeFakeModel("better@1");
  HarnessOptions options = WithUnet();
  options.operations.config.path = path;
  options.operations.config.config.mutable_unet()->set_model("m");
  options.operations.load_model = [&next](const UnetServiceOptions&) { return next; };
  DaemonHarness harness(std::move(options));
  const auto reload = [&](const std::string& text) {
    std::ofstream(path) << text;
    ASSERT_TRUE(harness.daemon().Reload({}, {}).ok());
  };
  const auto model = [&harness] {
    grpc::ClientContext context;
    v1::GetStatusResponse status;
    EXPECT_TRUE(harness.stub().GetStatus(&context, {}, &status).ok());
    return status.model();
  };
  EXPECT_EQ(model().model_id(), "fake@0");
  EXPECT_EQ(model().device(), "cpu");
  EXPECT_EQ(model().precision(), "float32");
  reload("unet { model: 'm' tile_px: 128 }");
  while (model().reloads() < 1) std::this_thread::yield();
  EXPECT_EQ(model().model_id(), "better@1");
  next = absl::DataLossError("sha256 differs");
  reload("unet { model: 'm' tile_px: 256 }");
  while (model().reloads_refused() < 1) std::this_thread::yield();
  EXPECT_EQ(model().model_id(), "better@1");
  EXPECT_THAT(model().last_refusal(), testing::EndsWith(": unet.model: sha256 differs"));
  v1::FrameResult result;
  ASSERT_TRUE(Analyze(harness, {"unet"}, &result).ok());
  EXPECT_EQ(result.detectors(0).model_id(), "better@1");
}

}  // namespace
}  // namespace atomstream
