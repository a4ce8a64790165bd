#include "server/source/microscope_beam.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "atomstream/v1/microscope.grpc.pb.h"
#include "core/base/mutex.h"
#include "gmock/gmock.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

// A microscope whose beam does what the test says.
class FakeBeamServer final : public v1::Microscope::Service {
 public:
  FakeBeamServer() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeBeamServer() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  void Answer(grpc::Status status) {
    MutexLock lock(&mutex_);
    answer_ = std::move(status);
  }
  void Hang() {
    MutexLock lock(&mutex_);
    hang_ = true;
  }
  void WaitUntilPlaced() {
    MutexLock lock(&mutex_);
    while (!placed_) changed_.Wait(&mutex_);
  }

  grpc::Status PlaceBeam(grpc::ServerContext* context, const v1::PlaceBeamRequest* request,
                         v1::PlaceBeamResponse*) override {
    MutexLock lock(&mutex_);
    request_ = *request;
    placed_ = true;
    changed_.NotifyAll();
    while (hang_ && !context->IsCancelled()) {
      changed_.WaitWithTimeout(&mutex_, absl::Milliseconds(5));
    }
    return answer_;
  }
  grpc::Status BlankBeam(grpc::ServerContext*, const v1::BlankBeamRequest* request,
                         v1::BlankBeamResponse*) override {
    MutexLock lock(&mutex_);
    blanked_ = request->blanked();
    return answer_;
  }

  v1::PlaceBeamRequest request() {
    MutexLock lock(&mutex_);
    return request_;
  }
  bool blanked() {
    MutexLock lock(&mutex_);
    return blanked_;
  }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  Mutex mutex_;
  CondVar changed_;
  grpc::Status answer_ ABSL_GUARDED_BY(mutex_);
  bool hang_ ABSL_GUARDED_BY(mutex_) = false;
  bool placed_ ABSL_GUARDED_BY(mutex_) = false;
  bool blanked_ ABSL_GUARDED_BY(mutex_) = false;
  v1::PlaceBeamRequest request_ ABSL_GUARDED_BY(mutex_);
};

// Long enough for a machine that is busy with other things.
constexpr absl::Duration kPatience = absl::Seconds(20);

TEST(MicroscopeBeamTest, PlacesTheBeamForTheDwell) {
  FakeBeamServer microscope;
  const auto beam = *MakeMicroscopeBeam(microscope.address());
  const absl::Status placed =
      beam->Place({0.25, 0.75}, absl::Milliseconds(1500), kPatience, std::stop_token());
  EXPECT_TRUE(placed.ok()) << placed;
  EXPECT_EQ(microscope.request().x_fraction(), 0.25);
  EXPECT_EQ(microscope.request().y_fraction(), 0.75);
  EXPECT_EQ(microscope.request().dwell_time().seconds(), 1);
  EXPECT_EQ(microscope.request().dwell_time().nanos(), 500'000'000);
}

TEST(MicroscopeBeamTest, BlanksTheBeam) {
  FakeBeamServer microscope;
  const auto beam = *MakeMicroscopeBeam(microscope.address());
  EXPECT_TRUE(beam->Blank(kPatience).ok());
  EXPECT_TRUE(microscope.blanked());
}

TEST(MicroscopeBeamTest, SaysWhatTheMicroscopeSays) {
  FakeBeamServer microscope;
  microscope.Answer(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "no beam control"));
  const auto beam = *MakeMicroscopeBeam(microscope.address());
  const absl::Status placed =
      beam->Place({0.5, 0.5}, absl::Seconds(1), kPatience, std::stop_token());
  EXPECT_TRUE(absl::IsUnimplemented(placed));
  EXPECT_THAT(std::string(placed.message()), HasSubstr("no beam control"));
}

TEST(MicroscopeBeamTest, ReturnsWhenItIsCancelled) {
  FakeBeamServer microscope;
  microscope.Hang();
  const auto beam = *MakeMicroscopeBeam(microscope.address());
  std::stop_source stop;
  std::thread caller([&] {
    microscope.WaitUntilPlaced();
    stop.request_stop();
  });
  EXPECT_TRUE(absl::IsCancelled(
      beam->Place({0.5, 0.5}, absl::Seconds(1), absl::Minutes(10), stop.get_token())));
  caller.join();
  // Also if nobody wanted it any more before it began.
  EXPECT_TRUE(absl::IsCancelled(
      beam->Place({0.5, 0.5}, absl::Seconds(1), absl::Minutes(10), stop.get_token())));
}

TEST(MicroscopeBeamTest, GivesUpAfterItsTimeout) {
  FakeBeamServer microscope;
  microscope.Hang();
  const auto beam = *MakeMicroscopeBeam(microscope.address());
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      beam->Place({0.5, 0.5}, absl::Seconds(1), absl::Milliseconds(100), std::stop_token())));
}

TEST(MicroscopeBeamTest, FailsWithoutAMicroscope) {
  std::string address;
  {
    FakeBeamServer gone;
    address = gone.address();
  }
  const auto beam = *MakeMicroscopeBeam(address);
  EXPECT_FALSE(beam->Place({0.5, 0.5}, absl::Seconds(1), kPatience, std::stop_token()).ok());
  EXPECT_FALSE(beam->Blank(absl::Milliseconds(100)).ok());
  EXPECT_FALSE(MakeMicroscopeBeam("").ok());
}

}  // namespace
}  // namespace atomstream
