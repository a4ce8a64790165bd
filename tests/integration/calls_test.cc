// Unary calls over a real connection: AnalyzeFrame with good and bad input, history, status,
// health, reflection.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/fakes/gate.h"
#include "tests/fakes/test_frames.h"
#include "tests/integration/daemon_harness.h"

namespace atomstream {
namespace {

grpc::Status Analyze(DaemonHarness& harness, const v1::Frame& frame,
                     v1::AnalyzeFrameResponse* response) {
  grpc::ClientContext context;
  v1::AnalyzeFrameRequest request;
  *request.mutable_frame() = frame;
  return harness.stub().AnalyzeFrame(&context, request, response);
}

HarnessOptions WithoutSource() {
  HarnessOptions options;
  options.with_source = false;
  return options;
}

TEST(AnalyzeFrameTest, ReturnsTheResultAndPublishesIt) {
  DaemonHarness harness(WithoutSource());
  grpc::ClientContext context;
  auto reader = harness.Subscribe(&context);
  v1::AnalyzeFrameResponse response;
  const grpc::Status status = Analyze(harness, ValidFrame("mine"), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.result().frame_id(), "mine");
  EXPECT_EQ(response.result().origin(), "analyze");
  EXPECT_EQ(response.result().position().sequence(), 1);
  EXPECT_EQ(response.result().detectors(0).atoms().x_px(0), 7);
  v1::FrameResult published;
  ASSERT_TRUE(ReadResult(*reader, &published));
  EXPECT_EQ(published.SerializeAsString(), response.result().SerializeAsString());
  context.TryCancel();
}

TEST(AnalyzeFrameTest, NamesAFrameWithoutId) {
  DaemonHarness harness(WithoutSource());
  v1::AnalyzeFrameResponse first, second;
  ASSERT_TRUE(Analyze(harness, ValidFrame(""), &first).ok());
  ASSERT_TRUE(Analyze(harness, ValidFrame(""), &second).ok());
  EXPECT_NE(first.result().frame_id(), "");
  EXPECT_NE(first.result().frame_id(), second.result().frame_id());
}

struct BadFrame {
  const char* name;
  std::function<void(v1::Frame&)> spoil;
  const char* field;
  const char* value;  // null: the message states none
};

std::string Floats(float value) {
  std::string bytes(64 * sizeof(float), '\0');
  std::memcpy(bytes.data() + 20, &value, sizeof(value));
  return bytes;
}

class BadFrameTest : public testing::TestWithParam<BadFrame> {};

TEST_P(BadFrameTest, IsRefusedByNameAndTheNextFrameIsUnaffected) {
  DaemonHarness harness(WithoutSource());
  v1::Frame frame = ValidFrame("bad");
  GetParam().spoil(frame);
  v1::AnalyzeFrameResponse response;
  const grpc::Status status = Analyze(harness, frame, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  EXPECT_EQ(info.reason(), "FRAME_INVALID");
  EXPECT_EQ(info.metadata().at("field"), GetParam().field);
  if (GetParam().value != nullptr) {
    EXPECT_EQ(info.metadata().at("value"), GetParam().value);
  }

  EXPECT_TRUE(Analyze(harness, ValidFrame("good"), &response).ok());
  grpc::ClientContext context;
  v1::GetStatusResponse now;
  ASSERT_TRUE(harness.stub().GetStatus(&context, {}, &now).ok());
  EXPECT_EQ(now.counters().frames_invalid(), 1);
  EXPECT_EQ(now.counters().frames_received(), 1);
  EXPECT_EQ(now.counters().frames_processed(), 1);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadFrameTest,
    testing::Values(
        BadFrame{"ZeroWidth", [](v1::Frame& f) { f.set_width_px(0); }, "width_px", "0"},
        BadFrame{"ZeroHeight", [](v1::Frame& f) { f.set_height_px(0); }, "height_px", "0"},
        BadFrame{"NegativeWidth", [](v1::Frame& f) { f.set_width_px(-8); }, "width_px", "-8"},
        BadFrame{"TooWide", [](v1::Frame& f) { f.set_width_px(4097); }, "width_px", "4097"},
        BadFrame{"TooHigh", [](v1::Frame& f) { f.set_height_px(5000); }, "height_px", "5000"},
        BadFrame{"TooFewBytes", [](v1::Frame& f) { f.set_pixels(std::string(63, 0)); }, "pixels",
                 "63 bytes"},
        BadFrame{"TooManyBytes", [](v1::Frame& f) { f.set_pixels(std::string(65, 0)); }, "pixels",
                 "65 bytes"},
        BadFrame{"NoPixels", [](v1::Frame& f) { f.clear_pixels(); }, "pixels", "0 bytes"},
        BadFrame{"NoPixelType", [](v1::Frame& f) { f.clear_pixel_type(); }, "pixel_type", "0"},
        BadFrame{"UnknownPixelType",
                 [](v1::Frame& f) { f.set_pixel_type(static_cast<v1::PixelType>(77)); },
                 "pixel_type", "77"},
        BadFrame{"NaN",
                 [](v1::Frame& f) {
                   f.set_pixel_type(v1::PIXEL_TYPE_F32);
                   f.set_pixels(Floats(std::nanf("")));
                 },
                 "pixels", "nan at row 0, column 5"},
        BadFrame{"Infinity",
                 [](v1::Frame& f) {
                   f.set_pixel_type(v1::PIXEL_TYPE_F32);
                   f.set_pixels(Floats(std::numeric_limits<float>::infinity()));
                 },
                 "pixels", "inf at row 0, column 5"},
        BadFrame{"NegativePixelSize", [](v1::Frame& f) { f.set_pixel_size_nm(-0.5); },
                 "pixel_size_nm", "-0.5"},
        BadFrame{"NaNPixelSize", [](v1::Frame& f) { f.set_pixel_size_nm(std::nan("")); },
                 "pixel_size_nm", "nan"},
        BadFrame{"LongId", [](v1::Frame& f) { f.set_frame_id(std::string(129, 'x')); }, "frame_id",
                 "129 bytes"}),
    [](const testing::TestParamInfo<BadFrame>& info) { return std::string(info.param.name); });

TEST(AnalyzeFrameTest, RefusesAnUnknownMaterial) {
  DaemonHarness harness(WithoutSource());
  v1::Frame frame = ValidFrame("f");
  frame.set_material("unobtainium");
  v1::AnalyzeFrameResponse response;
  const grpc::Status status = Analyze(harness, frame, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  EXPECT_EQ(info.reason(), "MATERIAL_UNKNOWN");
  EXPECT_EQ(info.metadata().at("field"), "material");
  EXPECT_EQ(info.metadata().at("value"), "unobtainium");
}

TEST(AnalyzeFrameTest, SaysWhyTheDetectorFailedAndKeepsTheRecord) {
  HarnessOptions options = WithoutSource();
  options.detect = [](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    return absl::InternalError("the library failed");
  };
  DaemonHarness harness(std::move(options));
  v1::AnalyzeFrameResponse response;
  const grpc::Status status = Analyze(harness, ValidFrame("f"), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "DETECTOR_FAILED");
  grpc::ClientContext context;
  v1::GetFrameResultRequest request;
  request.set_frame_id("f");
  v1::GetFrameResultResponse kept;
  ASSERT_TRUE(harness.stub().GetFrameResult(&context, request, &kept).ok());
  EXPECT_EQ(kept.result().detectors(0).error(), "INTERNAL: the library failed");
}

TEST(AnalyzeFrameTest, IsRefusedWhenTheQueueIsFull) {
  auto gate = std::make_shared<Gate>();
  HarnessOptions options = WithoutSource();
  options.daemon.frames_in_flight = 1;
  options.daemon.submit_queue = 1;
  options.detect = [gate](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    gate->Pass();
    return LogStarResult();
  };
  DaemonHarness harness(std::move(options));
  v1::AnalyzeFrameResponse running_response, waiting_response, response;
  std::thread running(
      [&] { EXPECT_TRUE(Analyze(harness, ValidFrame("running"), &running_response).ok()); });
  gate->WaitForArrivals(1);
  // One of these two gets the place in the queue, the other is refused, whichever comes first; the
  // refused one is let go at once, so the gate opens only afterwards.
  grpc::Status waiting_status;
  std::thread waiting(
      [&] { waiting_status = Analyze(harness, ValidFrame("a"), &waiting_response); });
  grpc::Status status;
  v1::GetStatusResponse now;
  do {
    grpc::ClientContext context;
    ASSERT_TRUE(harness.stub().GetStatus(&context, {}, &now).ok());
  } while (now.counters().frames_received() < 2);
  status = Analyze(harness, ValidFrame("b"), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  EXPECT_EQ(info.reason(), "ANALYZE_QUEUE_FULL");
  EXPECT_EQ(info.metadata().at("field"), "submit_queue");
  gate->Open();
  running.join();
  waiting.join();
  EXPECT_TRUE(waiting_status.ok()) << waiting_status.error_message();
}

TEST(AnalyzeFrameTest, ACallerThatGivesUpIsLetGoAtOnce) {
  auto gate = std::make_shared<Gate>();
  HarnessOptions options = WithoutSource();
  options.detect = [gate](const Frame&, const WarmStart*) -> absl::StatusOr<LogStarResult> {
    gate->Pass();
    return LogStarResult();
  };
  DaemonHarness harness(std::move(options));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  v1::AnalyzeFrameRequest request;
  *request.mutable_frame() = ValidFrame("slow");
  v1::AnalyzeFrameResponse response;
  EXPECT_EQ(harness.stub().AnalyzeFrame(&context, request, &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  gate->Open();
  EXPECT_TRUE(Analyze(harness, ValidFrame("next"), &response).ok());
}

TEST(AnalyzeFrameTest, TakesTheLargestFrame) {
  DaemonHarness harness(WithoutSource());
  v1::Frame frame = ValidFrame("large");
  frame.set_width_px(4096);
  frame.set_height_px(4096);
  frame.set_pixel_type(v1::PIXEL_TYPE_F32);
  frame.set_pixels(std::string(size_t{4096} * 4096 * 4, '\0'));
  v1::AnalyzeFrameResponse response;
  const grpc::Status status = Analyze(harness, frame, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.result().width_px(), 4096);
}

TEST(HistoryTest, PagesThroughAllResultsWithoutTheirLargeParts) {
  DaemonHarness harness(WithoutSource());
  v1::AnalyzeFrameResponse response;
  for (int i = 1; i <= 7; ++i) {
    ASSERT_TRUE(Analyze(harness, ValidFrame(absl::StrCat("f", i)), &response).ok());
  }
  v1::ListFrameResultsRequest request;
  request.set_page_size(3);
  int64_t expected = 1;
  int pages = 0;
  do {
    grpc::ClientContext context;
    v1::ListFrameResultsResponse page;
    ASSERT_TRUE(harness.stub().ListFrameResults(&context, request, &page).ok());
    for (const v1::FrameResult& result : page.results()) {
      EXPECT_EQ(result.position().sequence(), expected++);
      EXPECT_FALSE(result.detectors(0).has_atoms());
      EXPECT_TRUE(result.detectors(0).has_front());
    }
    request.set_page_token(page.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(expected, 8);
  EXPECT_EQ(pages, 3);
}

TEST(HistoryTest, RefusesBadPages) {
  DaemonHarness harness(WithoutSource());
  v1::ListFrameResultsRequest request;
  v1::ListFrameResultsResponse page;
  {
    grpc::ClientContext context;
    request.set_page_size(-1);
    const grpc::Status status = harness.stub().ListFrameResults(&context, request, &page);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "PAGE_SIZE_INVALID");
    EXPECT_EQ(ErrorInfoOf(status).metadata().at("value"), "-1");
  }
  {
    grpc::ClientContext context;
    request.set_page_size(0);
    request.set_page_token("made up");
    const grpc::Status status = harness.stub().ListFrameResults(&context, request, &page);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "PAGE_TOKEN_INVALID");
  }
}

TEST(HistoryTest, FindsAResultByPlaceAndByFrame) {
  DaemonHarness harness(WithoutSource());
  v1::AnalyzeFrameResponse analyzed;
  ASSERT_TRUE(Analyze(harness, ValidFrame("f"), &analyzed).ok());
  v1::GetFrameResultRequest request;
  v1::GetFrameResultResponse found;
  {
    grpc::ClientContext context;
    request.set_frame_id("f");
    ASSERT_TRUE(harness.stub().GetFrameResult(&context, request, &found).ok());
    EXPECT_EQ(found.result().SerializeAsString(), analyzed.result().SerializeAsString());
  }
  {
    grpc::ClientContext context;
    *request.mutable_position() = analyzed.result().position();
    ASSERT_TRUE(harness.stub().GetFrameResult(&context, request, &found).ok());
    EXPECT_EQ(found.result().frame_id(), "f");
  }
  {
    grpc::ClientContext context;
    request.mutable_position()->set_sequence(2);
    const grpc::Status status = harness.stub().GetFrameResult(&context, request, &found);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "RESULT_NOT_FOUND");
    EXPECT_EQ(ErrorInfoOf(status).metadata().at("value"), "2");
  }
  {
    grpc::ClientContext context;
    const grpc::Status status = harness.stub().GetFrameResult(&context, {}, &found);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "KEY_MISSING");
  }
}

TEST(StatusTest, TellsWhatIsGoingOn) {
  DaemonHarness harness;
  grpc::ClientContext subscribe_context;
  auto reader = harness.Subscribe(&subscribe_context);
  harness.source().Give(MakeFrame(1));
  harness.source().Give(absl::InvalidArgumentError("pixels: too few"));
  v1::FrameResult result;
  ASSERT_TRUE(ReadResult(*reader, &result));
  harness.source().WaitUntilAsked();
  grpc::ClientContext context;
  v1::GetStatusResponse status;
  ASSERT_TRUE(harness.stub().GetStatus(&context, {}, &status).ok());
  EXPECT_EQ(status.source().state(), v1::SOURCE_STATE_STREAMING);
  EXPECT_EQ(status.source().description(), "fake source");
  EXPECT_EQ(status.counters().frames_received(), 1);
  EXPECT_EQ(status.counters().frames_invalid(), 1);
  EXPECT_EQ(status.subscribers(), 1);
  EXPECT_EQ(status.newest().sequence(), 1);
  EXPECT_EQ(status.oldest().sequence(), 1);
  EXPECT_EQ(status.newest().epoch(), result.position().epoch());
  EXPECT_FALSE(status.version().empty());
  subscribe_context.TryCancel();
}

// Health and reflection have no generated stubs here: their messages are written by hand.
grpc::Status CallRaw(DaemonHarness& harness, const std::string& method, const std::string& request,
                     std::string* response) {
  grpc::GenericStub stub(harness.NewChannel());
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  grpc::Slice slice(request);
  const grpc::ByteBuffer bytes(&slice, 1);
  auto call = stub.PrepareUnaryCall(&context, method, bytes, &queue);
  call->StartCall();
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  grpc::Slice whole;
  if (status.ok() && answer.DumpToSingleSlice(&whole).ok()) {
    response->assign(reinterpret_cast<const char*>(whole.begin()), whole.size());
  }
  return status;
}

TEST(HealthTest, ServesTheWholeDaemonAndTheService) {
  DaemonHarness harness;
  const std::string serving("\x08\x01", 2);  // HealthCheckResponse { status: SERVING }
  const std::string service = "atomstream.v1.Analysis";
  for (const std::string& request :
       {std::string(),
        absl::StrCat("\x0a", std::string(1, static_cast<char>(service.size())), service)}) {
    std::string response;
    const grpc::Status status =
        CallRaw(harness, "/grpc.health.v1.Health/Check", request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response, serving);
  }
}

TEST(ReflectionTest, NamesTheServices) {
  DaemonHarness harness;
  const std::string list_services("\x3a\x00", 2);  // ServerReflectionRequest { list_services: "" }
  std::string response;
  const grpc::Status status =
      CallRaw(harness, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
              list_services, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_NE(response.find("atomstream.v1.Analysis"), std::string::npos);
  EXPECT_NE(response.find("grpc.health.v1.Health"), std::string::npos);
}

}  // namespace
}  // namespace atomstream
