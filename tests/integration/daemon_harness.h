// DaemonHarness: a whole daemon on free loopback ports, with a fake source and a fake detector, and
// a channel to it.
#ifndef ATOMSTREAM_TESTS_INTEGRATION_DAEMON_HARNESS_H_
#define ATOMSTREAM_TESTS_INTEGRATION_DAEMON_HARNESS_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>

#include "atomstream/v1/analysis.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "server/daemon.h"
#include "tests/fakes/fake_frame_source.h"
#include "tests/fakes/fake_log_star.h"
#include "tests/fakes/fake_segmenter.h"

namespace atomstream {

struct HarnessOptions {
  DaemonOptions daemon;
  Credentials credentials;               // with TLS: who may call
  FakeLogStar::Body detect;              // empty: FakeLogStar's own
  FakeLogStar::RequestBody detect_with;  // instead of `detect`
  FakeSegmenter::Body segment;           // empty: no U-Net
  std::unique_ptr<BeamControl> beam;     // null: no microscope
  OperationsParts operations;            // none: nothing to reload
  EventLog* log = nullptr;               // outlives the harness; null: nothing is logged
  bool with_source = true;
  bool with_metrics = false;  // its server takes up to 2 s to stop
};

class DaemonHarness {
 public:
  DaemonHarness();
  explicit DaemonHarness(HarnessOptions options);

  // A channel of its own for each call, as from another client.
  std::shared_ptr<grpc::Channel> NewChannel() const;

  v1::Analysis::Stub& stub() { return *stub_; }
  FakeFrameSource& source() { return *source_; }
  Daemon& daemon() { return *daemon_; }

  // Subscribes and reads the first message, so that everything given to the source afterwards is
  // delivered or declared.
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> Subscribe(
      grpc::ClientContext* context, v1::SubscribeRequest request = {},
      v1::RunDescription* run = nullptr);

 private:
  const SystemClock clock_;
  const SteadyClock steady_clock_;
  SilentLog log_;
  FakeFrameSource* source_ = nullptr;
  std::unique_ptr<Daemon> daemon_;
  std::unique_ptr<v1::Analysis::Stub> stub_;
};

// The next result; other events are passed over. False at the end of the stream.
bool ReadResult(grpc::ClientReader<v1::SubscribeResponse>& reader, v1::FrameResult* result);

// The one ErrorInfo of an error, which comes first; fails the test when there is none or more than
// one.
google::rpc::ErrorInfo ErrorInfoOf(const grpc::Status& status);

// A valid frame of 8 x 8 pixels.
v1::Frame ValidFrame(const std::string& id);

// A valid frame that is not constant, so that the U-Net's network is asked.
v1::Frame TexturedFrame(const std::string& id);

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_INTEGRATION_DAEMON_HARNESS_H_
