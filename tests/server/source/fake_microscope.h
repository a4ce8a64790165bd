// FakeMicroscope: an in-process Microscope service on a free loopback port that plays a script: one
// entry a StreamFrames call. Thread-safe.
#ifndef ATOMSTREAM_TESTS_SERVER_SOURCE_FAKE_MICROSCOPE_H_
#define ATOMSTREAM_TESTS_SERVER_SOURCE_FAKE_MICROSCOPE_H_

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "atomstream/v1/microscope.grpc.pb.h"
#include "core/base/mutex.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"

namespace atomstream {

class FakeMicroscope final : public v1::Microscope::CallbackService {
 public:
  struct Script {
    std::vector<v1::Frame> frames;
    grpc::Status end = grpc::Status::OK;
    bool hang = false;  // after the frames, until the caller cancels
  };

  explicit FakeMicroscope(std::vector<Script> scripts,
                          const std::shared_ptr<grpc::ServerCredentials>& credentials =
                              grpc::InsecureServerCredentials())
      : scripts_(scripts.begin(), scripts.end()) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", credentials, &port_);
    builder.RegisterService(this);
    builder.SetMaxSendMessageSize(-1);
    server_ = builder.BuildAndStart();
  }
  ~FakeMicroscope() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  std::vector<v1::StreamFramesRequest> requests() {
    MutexLock lock(&mutex_);
    return requests_;
  }

  // Blocks until a hanging call has sent all its frames.
  void AwaitHang() {
    MutexLock lock(&mutex_);
    while (!hanging_) changed_.Wait(&mutex_);
  }

  grpc::ServerWriteReactor<v1::StreamFramesResponse>* StreamFrames(
      grpc::CallbackServerContext*, const v1::StreamFramesRequest* request) override {
    MutexLock lock(&mutex_);
    requests_.push_back(*request);
    Script script;
    script.end = grpc::Status(grpc::StatusCode::INTERNAL, "the script is over");
    if (!scripts_.empty()) {
      script = std::move(scripts_.front());
      scripts_.pop_front();
    }
    return new Stream(this, std::move(script));
  }

 private:
  class Stream final : public grpc::ServerWriteReactor<v1::StreamFramesResponse> {
   public:
    Stream(FakeMicroscope* owner, Script script) : owner_(*owner), script_(std::move(script)) {
      MutexLock lock(&mutex_);
      Step();
    }
    void OnWriteDone(bool) override {
      bool hangs = false;
      {
        MutexLock lock(&mutex_);
        Step();
        hangs = script_.hang && next_ == script_.frames.size() + 1;
      }
      if (hangs) owner_.SetHanging();
    }
    void OnCancel() override {
      MutexLock lock(&mutex_);
      FinishOnce(grpc::Status::CANCELLED);
    }
    void OnDone() override { delete this; }

   private:
    // Writes the next frame, finishes, or hangs.
    void Step() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      if (finished_) return;
      if (next_ < script_.frames.size()) {
        *response_.mutable_frame() = script_.frames[next_];
        StartWrite(&response_);
      } else if (!script_.hang) {
        FinishOnce(script_.end);
      }
      ++next_;
    }
    void FinishOnce(const grpc::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      if (!std::exchange(finished_, true)) Finish(status);
    }

    FakeMicroscope& owner_;
    const Script script_;
    Mutex mutex_;
    size_t next_ ABSL_GUARDED_BY(mutex_) = 0;  // index into script_.frames
    bool finished_ ABSL_GUARDED_BY(mutex_) = false;
    v1::StreamFramesResponse response_;
  };

  void SetHanging() {
    MutexLock lock(&mutex_);
    hanging_ = true;
    changed_.NotifyAll();
  }

  int port_ = 0;
  Mutex mutex_;
  CondVar changed_;
  std::deque<Script> scripts_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::StreamFramesRequest> requests_ ABSL_GUARDED_BY(mutex_);
  bool hanging_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_SERVER_SOURCE_FAKE_MICROSCOPE_H_
