// HealthWatch: a call of grpc.health.v1.Health/Watch, whose states a thread notes down with the
// time at which they came.
#ifndef ATOMSTREAM_TESTS_INTEGRATION_HEALTH_WATCH_H_
#define ATOMSTREAM_TESTS_INTEGRATION_HEALTH_WATCH_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "core/base/mutex.h"

namespace atomstream {

class HealthWatch {
 public:
  // "atomstream.source", …; empty: the whole server.
  HealthWatch(const std::shared_ptr<grpc::Channel>& channel, const std::string& service)
      : stub_(channel) {
    call_ = stub_.PrepareCall(&context_, "/grpc.health.v1.Health/Watch", &queue_);
    call_->StartCall(&queue_);
    EXPECT_TRUE(Next());
    // HealthCheckRequest: the service is field 1.
    std::string request;
    request.push_back('\x0a');
    request.push_back(static_cast<char>(service.size()));
    request += service;
    const grpc::Slice slice(request);
    call_->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), &queue_);
    EXPECT_TRUE(Next());
    reader_ = std::thread([this] { ReadAll(); });
  }
  ~HealthWatch() {
    context_.TryCancel();
    reader_.join();
    queue_.Shutdown();
    while (Next()) {
    }
  }
  HealthWatch(const HealthWatch&) = delete;
  HealthWatch& operator=(const HealthWatch&) = delete;

  // Waits until the newest state is this; when it came. InfiniteFuture: the call ended before.
  absl::Time WaitFor(bool serving) {
    MutexLock lock(&mutex_);
    while (!ended_ && (states_.empty() || states_.back() != serving)) changed_.Wait(&mutex_);
    if (states_.empty() || states_.back() != serving) return absl::InfiniteFuture();
    return since_;
  }

  // All that came so far.
  std::vector<bool> states() const {
    MutexLock lock(&mutex_);
    return states_;
  }

  // All that came until the server ended the call.
  std::vector<bool> WaitForEnd() {
    MutexLock lock(&mutex_);
    while (!ended_) changed_.Wait(&mutex_);
    return states_;
  }

 private:
  bool Next() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  void ReadAll() {
    grpc::ByteBuffer message;
    while (true) {
      call_->Read(&message, &queue_);
      const bool got = Next();
      const absl::Time now = absl::Now();
      grpc::Slice bytes;
      MutexLock lock(&mutex_);
      ended_ = !got;
      if (got && message.DumpToSingleSlice(&bytes).ok() && bytes.size() == 2) {
        states_.push_back(bytes.begin()[1] == 1);  // HealthCheckResponse {status: SERVING}
        since_ = now;
      }
      changed_.NotifyAll();
      if (ended_) return;
    }
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  std::thread reader_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<bool> states_ ABSL_GUARDED_BY(mutex_);
  absl::Time since_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_INTEGRATION_HEALTH_WATCH_H_
