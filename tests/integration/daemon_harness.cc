#include "tests/integration/daemon_harness.h"

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "google/rpc/status.pb.h"

namespace atomstream {

DaemonHarness::DaemonHarness() : DaemonHarness(HarnessOptions()) {}

DaemonHarness::DaemonHarness(HarnessOptions options) {
  options.daemon.listen_address = "127.0.0.1:0";
  options.daemon.metrics_address = options.with_metrics ? "127.0.0.1:0" : "";
  DaemonParts parts;
  parts.make_log_star = options.detect ? FakeFactory(std::move(options.detect)) : FakeFactory();
  if (options.detect_with) parts.make_log_star = FakeFactory(std::move(options.detect_with));
  if (options.segment) {
    parts.unet.emplace().model = MakeFakeModel("fake@0", std::move(options.segment));
  }
  if (options.with_source) {
    auto source = std::make_unique<FakeFrameSource>();
    source_ = source.get();
    parts.source = std::move(source);
  }
  parts.beam = std::move(options.beam);
  parts.operations = std::move(options.operations);
  parts.credentials = std::move(options.credentials);
  parts.clock = &clock_;
  parts.steady_clock = &steady_clock_;
  parts.log = options.log != nullptr ? options.log : &log_;
  absl::StatusOr<std::unique_ptr<Daemon>> daemon = Daemon::Start(options.daemon, std::move(parts));
  if (!daemon.ok()) ADD_FAILURE() << daemon.status();
  daemon_ = *std::move(daemon);
  stub_ = v1::Analysis::NewStub(NewChannel());
}

std::shared_ptr<grpc::Channel> DaemonHarness::NewChannel() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt("grpc.http2.bdp_probe", 0);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", daemon_->port()),
                                   grpc::InsecureChannelCredentials(), arguments);
}

std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> DaemonHarness::Subscribe(
    grpc::ClientContext* context, v1::SubscribeRequest request, v1::RunDescription* run) {
  auto reader = stub_->Subscribe(context, request);
  v1::SubscribeResponse first;
  EXPECT_TRUE(reader->Read(&first));
  EXPECT_TRUE(first.has_run());
  if (run != nullptr) *run = first.run();
  return reader;
}

bool ReadResult(grpc::ClientReader<v1::SubscribeResponse>& reader, v1::FrameResult* result) {
  v1::SubscribeResponse response;
  while (reader.Read(&response)) {
    if (!response.has_result()) continue;
    *result = response.result();
    return true;
  }
  return false;
}

google::rpc::ErrorInfo ErrorInfoOf(const grpc::Status& status) {
  google::rpc::ErrorInfo info;
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), status.error_code());
  EXPECT_EQ(details.message(), status.error_message());
  EXPECT_GE(details.details_size(), 1);
  EXPECT_TRUE(details.details_size() >= 1 && details.details(0).UnpackTo(&info));
  for (int i = 1; i < details.details_size(); ++i) {
    EXPECT_FALSE(details.details(i).Is<google::rpc::ErrorInfo>());
  }
  EXPECT_EQ(info.domain(), "atomstream");
  return info;
}

v1::Frame ValidFrame(const std::string& id) {
  v1::Frame frame;
  frame.set_frame_id(id);
  frame.set_frame_number(7);
  frame.set_width_px(8);
  frame.set_height_px(8);
  frame.set_pixel_type(v1::PIXEL_TYPE_U8);
  frame.set_pixels(std::string(64, '\1'));
  return frame;
}

v1::Frame TexturedFrame(const std::string& id) {
  v1::Frame frame = ValidFrame(id);
  frame.set_width_px(16);
  frame.set_height_px(16);
  std::string pixels(256, '\0');
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<char>(i * i * 37 % 251);
  frame.set_pixels(pixels);
  return frame;
}

}  // namespace atomstream
