// GetFrame over a real connection.
#include <gtest/gtest.h>

#include <string>

#include "client/cpp/analysis_client.h"
#include "tests/fakes/test_frames.h"
#include "tests/integration/daemon_harness.h"

namespace atomstream {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(30);

grpc::Status GetFrame(DaemonHarness& harness, const std::string& id, int max_side_px,
                      v1::GetFrameResponse* response) {
  grpc::ClientContext context;
  v1::GetFrameRequest request;
  request.set_frame_id(id);
  request.set_max_side_px(max_side_px);
  return harness.stub().GetFrame(&context, request, response);
}

void Analyze(DaemonHarness& harness, const v1::Frame& frame) {
  grpc::ClientContext context;
  v1::AnalyzeFrameRequest request;
  *request.mutable_frame() = frame;
  v1::AnalyzeFrameResponse response;
  const grpc::Status status = harness.stub().AnalyzeFrame(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
}

TEST(GetFrameTest, ReturnsTheNewestLiveFrameAsSoonAsItsResultIsSeen) {
  DaemonHarness harness;
  grpc::ClientContext context;
  auto reader = harness.Subscribe(&context);
  harness.source().Give(MakeFrame(42));
  v1::FrameResult result;
  ASSERT_TRUE(ReadResult(*reader, &result));
  v1::GetFrameResponse response;
  const grpc::Status status = GetFrame(harness, "", 0, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.frame().frame_id(), result.frame_id());
  EXPECT_EQ(response.frame().frame_number(), 42);
  EXPECT_EQ(response.frame().pixels(), std::string(64, '\0'));
  context.TryCancel();
}

TEST(GetFrameTest, GivesBackTheBytesThatWereSentButNotTheTruth) {
  DaemonHarness harness;
  v1::Frame frame = TexturedFrame("mine");
  frame.set_pixel_size_nm(0.02);
  frame.mutable_ground_truth()->add_x_px(3);
  frame.mutable_ground_truth()->add_y_px(4);
  frame.mutable_ground_truth()->add_species(0);
  Analyze(harness, frame);
  Analyze(harness, ValidFrame("other"));
  v1::GetFrameResponse response;
  const grpc::Status status = GetFrame(harness, "mine", 0, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.frame().pixel_type(), v1::PIXEL_TYPE_U8);
  EXPECT_EQ(response.frame().pixels(), frame.pixels());
  EXPECT_EQ(response.frame().pixel_size_nm(), 0.02);
  EXPECT_EQ(response.reduction(), 1);
  EXPECT_FALSE(response.frame().has_ground_truth());
}

TEST(GetFrameTest, ThroughTheClientLibraryAPreviewIsSmaller) {
  DaemonHarness harness;
  v1::Frame frame = ValidFrame("wide");
  frame.set_width_px(100);
  frame.set_height_px(40);
  frame.set_pixels(std::string(4000, '\7'));
  Analyze(harness, frame);
  const auto client = AnalysisClient::Create(harness.NewChannel());
  v1::GetFrameRequest request;
  request.set_max_side_px(32);
  const auto response = client->GetFrame(request, kTimeout);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->reduction(), 4);
  EXPECT_EQ(response->frame().width_px(), 25);
  EXPECT_EQ(response->frame().height_px(), 10);
}

TEST(GetFrameTest, ErrorsNameTheirReasonAndField) {
  DaemonHarness harness;
  v1::GetFrameResponse response;
  grpc::Status status = GetFrame(harness, "", 0, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "FRAME_NOT_FOUND");

  status = GetFrame(harness, "never", 0, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "FRAME_NOT_FOUND");
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("field"), "frame_id");
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("value"), "never");

  status = GetFrame(harness, "", 7, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "PREVIEW_SIZE_INVALID");
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("field"), "max_side_px");
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("value"), "7");
}

TEST(GetFrameTest, ADaemonThatKeepsNoFramesSaysSo) {
  HarnessOptions options;
  options.daemon.history.max_frame_mib = 0;
  DaemonHarness harness(std::move(options));
  Analyze(harness, ValidFrame("mine"));
  v1::GetFrameResponse response;
  const grpc::Status status = GetFrame(harness, "mine", 0, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_NE(status.error_message().find("history.max_frame_mib = 0"), std::string::npos);
}

}  // namespace
}  // namespace atomstream
