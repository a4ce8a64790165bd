#include "server/simulator/simulator_server.h"

#include <limits>
#include <thread>

#include "atomstream/v1/microscope.grpc.pb.h"
#include "client/cpp/channel.h"
#include "gmock/gmock.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

class SimulatorServerTest : public ::testing::Test {
 protected:
  void Start(SimulatorOptions options) {
    options.address = "127.0.0.1:0";
    options.size_px = 32;
    options.pixel_size_nm = 0.05;
    options.render_ahead = 2;
    auto server = SimulatorServer::Start(options, &clock_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    ChannelOptions channel;
    channel.address = server_->address();
    stub_ = v1::Microscope::NewStub(*MakeChannel(channel));
  }

  const SystemClock clock_;
  std::unique_ptr<SimulatorServer> server_;
  std::unique_ptr<v1::Microscope::Stub> stub_;
};

TEST_F(SimulatorServerTest, StreamsWantedNumberOfFrames) {
  SimulatorOptions options;
  options.rate_hz = 0;
  Start(options);
  grpc::ClientContext context;
  v1::StreamFramesRequest request;
  request.set_max_frames(5);
  const auto reader = stub_->StreamFrames(&context, request);
  v1::StreamFramesResponse response;
  int64_t last = 0;
  int count = 0;
  while (reader->Read(&response)) {
    EXPECT_GT(response.frame().frame_number(), last);
    last = response.frame().frame_number();
    EXPECT_EQ(response.frame().pixels().size(), 32u * 32 * 4);
    ++count;
  }
  EXPECT_EQ(count, 5);
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(SimulatorServerTest, AReaderThatPausesMissesFrames) {
  SimulatorOptions options;
  options.rate_hz = 10000;
  Start(options);
  grpc::ClientContext context;
  const auto paused = stub_->StreamFrames(&context, v1::StreamFramesRequest());
  // A second reader takes more frames than the first one's transport can hold back.
  grpc::ClientContext other_context;
  v1::StreamFramesRequest many;
  many.set_max_frames(500);
  const auto other = stub_->StreamFrames(&other_context, many);
  v1::StreamFramesResponse response;
  while (other->Read(&response)) {
  }
  const int64_t newest = response.frame().frame_number();
  int64_t last = 0;
  bool missed = false;
  while (last < newest && paused->Read(&response)) {
    missed |= last > 0 && response.frame().frame_number() > last + 1;
    last = response.frame().frame_number();
  }
  EXPECT_TRUE(missed);
  context.TryCancel();
  EXPECT_EQ(paused->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(SimulatorServerTest, AcquiresSingleFramesOfASmallerSize) {
  Start({});
  v1::AcquireFrameRequest request;
  request.mutable_scan()->set_size_px(16);
  int64_t last = 0;
  for (int i = 0; i < 2; ++i) {
    grpc::ClientContext context;
    v1::AcquireFrameResponse response;
    ASSERT_TRUE(stub_->AcquireFrame(&context, request, &response).ok());
    EXPECT_EQ(response.frame().width_px(), 16);
    EXPECT_GT(response.frame().frame_number(), last);
    last = response.frame().frame_number();
  }
  grpc::ClientContext context;
  v1::GetMicroscopeInfoResponse info;
  ASSERT_TRUE(stub_->GetMicroscopeInfo(&context, {}, &info).ok());
  EXPECT_EQ(info.scan().size_px(), 16);
  EXPECT_TRUE(info.simulated());
  EXPECT_EQ(info.pixel_size_nm(), 0.05);
}

TEST_F(SimulatorServerTest, RefusesScansThatItCannotDo) {
  Start({});
  const auto error = [&](const v1::ScanSettings& scan) {
    grpc::ClientContext context;
    v1::AcquireFrameRequest request;
    *request.mutable_scan() = scan;
    v1::AcquireFrameResponse response;
    const grpc::Status status = stub_->AcquireFrame(&context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    return status.error_message();
  };
  v1::ScanSettings scan;
  scan.set_size_px(33);
  EXPECT_THAT(error(scan), HasSubstr("scan.size_px = 33"));
  scan.set_size_px(-1);
  EXPECT_THAT(error(scan), HasSubstr("scan.size_px = -1"));
  scan.set_size_px(0);
  scan.set_detector("EELS");
  EXPECT_THAT(error(scan), HasSubstr("scan.detector = EELS"));

  grpc::ClientContext context;
  v1::StreamFramesRequest request;
  request.set_max_frames(-1);
  v1::StreamFramesResponse response;
  const auto reader = stub_->StreamFrames(&context, request);
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_THAT(reader->Finish().error_message(), HasSubstr("max_frames = -1"));
}

TEST_F(SimulatorServerTest, BlanksTheBeamOnRequestAndAfterAVisit) {
  Start({});
  const auto blanked = [&] {
    grpc::ClientContext context;
    v1::GetMicroscopeInfoResponse info;
    EXPECT_TRUE(stub_->GetMicroscopeInfo(&context, {}, &info).ok());
    return info.beam_blanked();
  };
  const auto blank = [&](bool value) {
    grpc::ClientContext context;
    v1::BlankBeamRequest request;
    request.set_blanked(value);
    v1::BlankBeamResponse response;
    EXPECT_TRUE(stub_->BlankBeam(&context, request, &response).ok());
  };
  EXPECT_FALSE(blanked());
  blank(true);
  EXPECT_TRUE(blanked());
  blank(false);
  EXPECT_FALSE(blanked());
  grpc::ClientContext context;
  v1::PlaceBeamRequest request;
  request.set_x_fraction(0.5);
  request.set_y_fraction(1);
  request.mutable_dwell_time()->set_nanos(1000);
  v1::PlaceBeamResponse response;
  EXPECT_TRUE(stub_->PlaceBeam(&context, request, &response).ok());
  EXPECT_TRUE(blanked());
}

TEST_F(SimulatorServerTest, RefusesPositionsOutsideTheFieldAndDwellTimesOfNothing) {
  Start({});
  const auto error = [&](double x, double y, int nanos) {
    grpc::ClientContext context;
    v1::PlaceBeamRequest request;
    request.set_x_fraction(x);
    request.set_y_fraction(y);
    request.mutable_dwell_time()->set_nanos(nanos);
    v1::PlaceBeamResponse response;
    const grpc::Status status = stub_->PlaceBeam(&context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    return status.error_message();
  };
  EXPECT_THAT(error(1.01, 0.5, 1), HasSubstr("x_fraction = 1.01"));
  EXPECT_THAT(error(0.5, -0.1, 1), HasSubstr("y_fraction = -0.1"));
  EXPECT_THAT(error(std::numeric_limits<double>::quiet_NaN(), 0.5, 1), HasSubstr("nan"));
  EXPECT_THAT(error(0.5, 0.5, 0), HasSubstr("dwell_time"));
}

TEST_F(SimulatorServerTest, StopsWithIdleAndStalledReaders) {
  SimulatorOptions options;
  options.fault = "stall_after_1";
  Start(options);
  grpc::ClientContext context;
  const auto reader = stub_->StreamFrames(&context, v1::StreamFramesRequest());
  v1::StreamFramesResponse response;
  ASSERT_TRUE(reader->Read(&response));
  std::thread stopper([&] { server_->Stop(); });
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  stopper.join();
}

TEST_F(SimulatorServerTest, SaysWhenThePortIsTaken) {
  Start({});
  SimulatorOptions options;
  options.address = server_->address();
  options.size_px = 32;
  options.pixel_size_nm = 0.05;
  const absl::Status status = SimulatorServer::Start(options, &clock_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(server_->address()));
}

}  // namespace
}  // namespace atomstream
