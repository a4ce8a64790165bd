// FakeAnalysis: an in-process Analysis service on a free loopback port. Subscribe plays one script
// a call; AnalyzeFrame answers with the frame's id and an atom a detector, or refuses. Thread-safe.
#ifndef ATOMSTREAM_TESTS_CLIENT_FAKE_ANALYSIS_H_
#define ATOMSTREAM_TESTS_CLIENT_FAKE_ANALYSIS_H_

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "atomstream/v1/analysis.grpc.pb.h"
#include "core/base/mutex.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"

namespace atomstream {

inline grpc::Status StatusWithReason(grpc::StatusCode code, const std::string& message,
                                     const std::string& reason) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  return grpc::Status(code, message, details.SerializeAsString());
}

class FakeAnalysis final : public v1::Analysis::Service {
 public:
  struct Script {
    std::vector<v1::SubscribeResponse> messages;
    grpc::Status end = grpc::Status(grpc::StatusCode::UNAVAILABLE, "shutting down");
  };

  explicit FakeAnalysis(std::vector<Script> scripts = {})
      : scripts_(scripts.begin(), scripts.end()) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    builder.SetMaxReceiveMessageSize(-1);
    server_ = builder.BuildAndStart();
  }
  ~FakeAnalysis() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  std::vector<v1::Frame> frames() {
    MutexLock lock(&mutex_);
    return frames_;
  }

  // The detectors that the newest subscriber asked for.
  std::vector<std::string> subscribed() {
    MutexLock lock(&mutex_);
    return subscribed_;
  }

  // The parts that it asked for.
  std::vector<int> parts() {
    MutexLock lock(&mutex_);
    return parts_;
  }

  // All requests of Subscribe.
  std::vector<v1::SubscribeRequest> subscriptions() {
    MutexLock lock(&mutex_);
    return subscriptions_;
  }

  grpc::Status Subscribe(grpc::ServerContext*, const v1::SubscribeRequest* request,
                         grpc::ServerWriter<v1::SubscribeResponse>* writer) override {
    Script script;
    {
      MutexLock lock(&mutex_);
      subscribed_.assign(request->detectors().begin(), request->detectors().end());
      parts_.assign(request->parts().begin(), request->parts().end());
      subscriptions_.push_back(*request);
      if (scripts_.empty()) return script.end;
      script = std::move(scripts_.front());
      scripts_.pop_front();
    }
    for (const v1::SubscribeResponse& message : script.messages) writer->Write(message);
    return script.end;
  }

  grpc::Status AnalyzeFrame(grpc::ServerContext*, const v1::AnalyzeFrameRequest* request,
                            v1::AnalyzeFrameResponse* response) override {
    MutexLock lock(&mutex_);
    frames_.push_back(request->frame());
    if (request->frame().material() == "cheese") {
      return StatusWithReason(grpc::StatusCode::NOT_FOUND, "no such material", "MATERIAL_UNKNOWN");
    }
    response->mutable_result()->set_frame_id(request->frame().frame_id());
    std::vector<std::string> names(request->detectors().begin(), request->detectors().end());
    if (names.empty()) names = {"log_star", "unet"};
    for (const std::string& name : names) {
      v1::DetectorResult& detector = *response->mutable_result()->add_detectors();
      detector.set_detector(name);
      detector.mutable_atoms()->add_x_px(1.5f);
      if (name == "unet") detector.set_model_id("lattice@1");
      if (request->frame().material() == "broken") detector.set_error("the detector broke");
    }
    return grpc::Status::OK;
  }

  grpc::Status GetFrameResult(grpc::ServerContext*, const v1::GetFrameResultRequest* request,
                              v1::GetFrameResultResponse* response) override {
    *response->mutable_result()->mutable_position() = request->position();
    response->mutable_result()->set_frame_id(request->frame_id());
    return grpc::Status::OK;
  }

  // The newest request of ListFrameResults.
  v1::ListFrameResultsRequest listed() {
    MutexLock lock(&mutex_);
    return listed_;
  }

  // Two pages of two results each; nothing of the material "cheese".
  grpc::Status ListFrameResults(grpc::ServerContext*, const v1::ListFrameResultsRequest* request,
                                v1::ListFrameResultsResponse* response) override {
    MutexLock lock(&mutex_);
    listed_ = *request;
    if (request->filter().material() == "cheese") return grpc::Status::OK;
    const int64_t first = request->page_token().empty() ? 1 : 3;
    for (int64_t sequence = first; sequence < first + 2; ++sequence) {
      v1::FrameResult& result = *response->add_results();
      result.mutable_position()->set_epoch("present");
      result.mutable_position()->set_sequence(sequence);
      result.set_frame_id(absl::StrCat("frame-", sequence));
      result.mutable_acquisition_time()->set_seconds(1'700'000'000 + sequence);
      v1::DetectorResult& detector = *result.add_detectors();
      detector.set_detector("log_star");
      detector.mutable_atoms()->add_x_px(1.5f);
      detector.mutable_atoms()->add_y_px(2.5f);
    }
    if (first == 1) response->set_next_page_token("more");
    return grpc::Status::OK;
  }

  grpc::Status GetStatus(grpc::ServerContext*, const v1::GetStatusRequest*,
                         v1::GetStatusResponse* response) override {
    response->set_version("9.9");
    response->mutable_newest()->set_epoch("present");
    return grpc::Status::OK;
  }

 private:
  int port_ = 0;
  Mutex mutex_;
  std::deque<Script> scripts_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::Frame> frames_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> subscribed_ ABSL_GUARDED_BY(mutex_);
  std::vector<int> parts_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::SubscribeRequest> subscriptions_ ABSL_GUARDED_BY(mutex_);
  v1::ListFrameResultsRequest listed_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_CLIENT_FAKE_ANALYSIS_H_
