// The stream beneath over a real connection on loopback.
#include "client/cpp/server_stream.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "atomstream/v1/analysis.grpc.pb.h"
#include "client/cpp/analysis_client.h"
#include "client/cpp/channel.h"
#include "client/cpp/result_stream.h"
#include "client/cpp/rpc_status.h"
#include "core/base/mutex.h"
#include "gmock/gmock.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "tests/client/stream/stream_messages.h"
#include "tests/fakes/held_port.h"

namespace atomstream {
namespace {

// Sends `burst` results, then a result whenever it is told, until the caller has gone or it is
// told to end.
class TappedAnalysis final : public v1::Analysis::Service {
 public:
  explicit TappedAnalysis(int port = 0) : port_(port) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", port), grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~TappedAnalysis() override {
    End(grpc::Status(grpc::StatusCode::UNAVAILABLE, "shutting down"));
    server_->Shutdown(std::chrono::system_clock::now());
  }

  int port() const { return port_; }
  bool started() const { return server_ != nullptr; }
  void SetBurst(int burst) { burst_ = burst; }

  void Send(int64_t sequence) {
    MutexLock lock(&mutex_);
    ++told_;
    newest_ = sequence;
    changed_.NotifyAll();
  }
  void End(const grpc::Status& status) {
    MutexLock lock(&mutex_);
    end_ = status;
    ended_ = true;
    changed_.NotifyAll();
  }
  void AwaitGone() {
    MutexLock lock(&mutex_);
    while (gone_ == 0) changed_.Wait(&mutex_);
  }

  grpc::Status Subscribe(grpc::ServerContext* context, const v1::SubscribeRequest* request,
                         grpc::ServerWriter<v1::SubscribeResponse>* writer) override {
    const int64_t begin = request->resume_after().sequence();
    writer->Write(RunOf("e", begin));
    for (int i = 1; i <= burst_; ++i) writer->Write(ResultOf("e", begin + i));
    MutexLock lock(&mutex_);
    int told = 0;
    while (!ended_ && !context->IsCancelled()) {
      // Nobody wakes it when the caller goes.
      if (told == told_) changed_.WaitWithTimeout(&mutex_, absl::Milliseconds(5));
      if (told == told_) continue;
      told = told_;
      writer->Write(ResultOf("e", newest_));
    }
    if (!ended_) ++gone_;
    changed_.NotifyAll();
    return end_;
  }

 private:
  int port_ = 0;
  std::atomic<int> burst_ = 0;
  Mutex mutex_;
  CondVar changed_;
  int told_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t newest_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  int gone_ ABSL_GUARDED_BY(mutex_) = 0;
  grpc::Status end_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Server> server_;
};

class ServerStreamTest : public ::testing::Test {
 protected:
  std::unique_ptr<AnalysisClient> Connect(int port) {
    auto channel = MakeChannel({.address = absl::StrCat("127.0.0.1:", port), .security = {}});
    EXPECT_TRUE(channel.ok());
    auto client = AnalysisClient::Create(*std::move(channel));
    EXPECT_TRUE(client->WaitUntilConnected(absl::Minutes(1)));
    return client;
  }

  TappedAnalysis daemon_;
};

TEST_F(ServerStreamTest, NothingIsLostByWaitingInVain) {
  const auto client = Connect(daemon_.port());
  const auto stream = client->Subscribe({});
  ASSERT_TRUE(stream->Next()->has_run());
  for (int64_t sequence = 1; sequence <= 3; ++sequence) {
    for (int i = 0; i < 3; ++i) {
      const auto nothing = stream->NextWithin(absl::Milliseconds(1));
      ASSERT_TRUE(nothing.ok()) << nothing.status();
      EXPECT_FALSE(nothing->has_value());
    }
    daemon_.Send(sequence);
    EXPECT_EQ(stream->Next()->result().position().sequence(), sequence);
  }
  daemon_.End(grpc::Status(grpc::StatusCode::NOT_FOUND, "no more"));
  const absl::Status end = stream->Next().status();
  EXPECT_EQ(end.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(end.message(), "no more");
  EXPECT_EQ(ErrorRequestId(end).size(), 16u);  // this daemon gives none: the client's own
  EXPECT_EQ(stream->NextWithin(absl::ZeroDuration()).status(), end);
}

TEST_F(ServerStreamTest, AnEndOfTheDaemonsIsNeverOkOrCancelled) {
  for (const grpc::Status& end : {grpc::Status(), grpc::Status(grpc::StatusCode::CANCELLED, "")}) {
    TappedAnalysis daemon;
    const auto client = Connect(daemon.port());
    const auto stream = client->Subscribe({});
    ASSERT_TRUE(stream->Next().ok());
    daemon.End(end);
    EXPECT_EQ(stream->Next().status(), absl::UnavailableError("the daemon ended the stream"));
  }
}

TEST_F(ServerStreamTest, CancelEndsANextThatWaits) {
  const auto client = Connect(daemon_.port());
  const auto stream = client->Subscribe({});
  ASSERT_TRUE(stream->Next().ok());
  std::thread canceller([&stream] { stream->Cancel(); });
  EXPECT_EQ(stream->Next().status().code(), absl::StatusCode::kCancelled);
  canceller.join();
  daemon_.AwaitGone();
}

TEST_F(ServerStreamTest, DestroyedAtAnyPointItEndsTheCall) {
  daemon_.SetBurst(100);
  const auto client = Connect(daemon_.port());
  { const auto never_read = client->Subscribe({}); }
  {
    const auto half_read = client->Subscribe({});
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(half_read->Next().ok());
  }
  daemon_.AwaitGone();
  {
    const auto in_the_middle_of_a_read = client->Subscribe({});
    for (int i = 0; i < 101; ++i) ASSERT_TRUE(in_the_middle_of_a_read->Next().ok());
    EXPECT_FALSE(in_the_middle_of_a_read->NextWithin(absl::Milliseconds(1))->has_value());
  }
}

TEST_F(ServerStreamTest, WithoutAConnectionItSaysWhy) {
  const HeldPort nobody;
  auto channel = MakeChannel({.address = nobody.address(), .security = {}});
  ASSERT_TRUE(channel.ok());
  const auto stream = AnalysisClient::Create(*std::move(channel))->Subscribe({});
  EXPECT_EQ(stream->Next().status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ServerStreamTest, AResultStreamComesBackToADaemonThatComesBack) {
  const HeldPort held;
  const int port = held.port();
  auto first = std::make_unique<TappedAnalysis>(port);
  ASSERT_TRUE(first->started());
  first->SetBurst(2);
  const auto client = Connect(port);
  ResultStreamOptions options;
  options.backoff.max = absl::Milliseconds(200);
  auto stream = ResultStream::Create(client.get(), options);
  ASSERT_TRUE(stream.ok());
  std::unique_ptr<TappedAnalysis> second;
  int64_t results = 0;
  int runs = 0;
  while (results < 4) {
    const absl::StatusOr<ResultEvent> event = (*stream)->Next();
    ASSERT_TRUE(event.ok()) << event.status();
    runs += std::holds_alternative<Linked>(*event) ? 1 : 0;
    if (std::holds_alternative<v1::FrameResult>(*event)) {
      EXPECT_EQ(std::get<v1::FrameResult>(*event).position().sequence(), ++results);
      if (results == 2) first.reset();
    }
    if (std::holds_alternative<Reconnecting>(*event) && second == nullptr) {
      second = std::make_unique<TappedAnalysis>(port);
      ASSERT_TRUE(second->started());
      second->SetBurst(2);
    }
  }
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace atomstream
