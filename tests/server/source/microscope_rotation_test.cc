// Certificates of the link to the microscope that change while it is in use: the simulator, over
// TLS, with certificates on both sides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "server/simulator/simulator_server.h"
#include "server/source/microscope_beam.h"
#include "server/source/microscope_source.h"
#include "tests/server/security/lab_ca.h"

namespace atomstream {
namespace {

// Calls again until a connection has come about; only a test that fails reaches it.
constexpr absl::Duration kPatience = absl::Seconds(20);

class MicroscopeRotationTest : public testing::Test {
 protected:
  MicroscopeRotationTest() {
    UseDaemonPair(old_, "old");
    Serve(old_);
    source_.address = simulator_->address();
    source_.security = security_;
  }

  static std::string Path(const std::string& name) {
    return absl::StrCat(testing::TempDir(), "microscope_rotation_", getpid(), "_", name);
  }
  static std::string Write(const std::string& name, const std::string& text) {
    return WriteWhole(Path(name), text);
  }

  // On the same port as before, if there is one. Takes only whom `ca` signed.
  void Serve(const LabCa& ca) {
    SimulatorOptions options;
    options.address = simulator_ == nullptr ? "127.0.0.1:0" : simulator_->address();
    simulator_.reset();
    const KeyAndCertificate scope = ca.Sign({.common_name = "scope"});
    options.tls_certificate = Write("scope.crt", scope.certificate);
    options.tls_key = Write("scope.key", scope.key);
    options.client_ca = Write("scope_ca.crt", ca.certificate());
    options.size_px = 32;
    options.rate_hz = 100;
    auto simulator = SimulatorServer::Start(options, &clock_);
    ASSERT_TRUE(simulator.ok()) << simulator.status();
    simulator_ = *std::move(simulator);
  }

  void UseDaemonPair(const LabCa& ca, const std::string& name) {
    const KeyAndCertificate pair = ca.Sign({.common_name = name});
    security_ = {.ca = Write("ca.crt", ca.certificate()),
                 .certificate = Write("daemon.crt", pair.certificate),
                 .key = Write("daemon.key", pair.key)};
  }

  static absl::Status NextFrame(FrameSource& source) {
    const absl::Time deadline = absl::Now() + kPatience;
    absl::Status status;
    do {
      status = source.Next().status();
    } while (!status.ok() && absl::Now() < deadline);
    return status;
  }

  const SystemClock clock_;
  const LabCa old_, next_;
  ChannelSecurity security_;
  MicroscopeSourceOptions source_;
  std::unique_ptr<SimulatorServer> simulator_;
};

TEST_F(MicroscopeRotationTest, ALinkThatWasLostIsMadeAnewWithTheCertificatesThatAreThereThen) {
  auto source = MakeMicroscopeSource(source_, &clock_, &clock_);
  ASSERT_TRUE(source.ok()) << source.status();
  ASSERT_EQ(NextFrame(**source), absl::OkStatus());
  Serve(next_);
  // What was buffered comes first, then the link is lost, and the old pair is not let in.
  absl::Status status;
  while (status.ok()) status = (*source)->Next().status();
  EXPECT_EQ((*source)->Next().status().code(), absl::StatusCode::kUnavailable);
  UseDaemonPair(next_, "new");
  EXPECT_EQ(NextFrame(**source), absl::OkStatus());
}

TEST_F(MicroscopeRotationTest, APairThatDoesNotFitIsNotUsed) {
  auto source = MakeMicroscopeSource(source_, &clock_, &clock_);
  ASSERT_TRUE(source.ok()) << source.status();
  ASSERT_EQ(NextFrame(**source), absl::OkStatus());
  Write("daemon.key", old_.Sign({.common_name = "another"}).key);
  Serve(old_);
  absl::Status status;
  while (status.ok()) status = (*source)->Next().status();
  EXPECT_EQ(NextFrame(**source), absl::OkStatus()) << "with the pair before";
}

TEST_F(MicroscopeRotationTest, TheBeamHasTheNewCertificatesToo) {
  auto beam = MakeMicroscopeBeam(source_.address, security_);
  ASSERT_TRUE(beam.ok()) << beam.status();
  ASSERT_EQ((*beam)->Blank(kPatience), absl::OkStatus());
  Serve(next_);
  EXPECT_FALSE((*beam)->Blank(absl::Seconds(1)).ok());
  UseDaemonPair(next_, "new");
  EXPECT_EQ((*beam)->Blank(kPatience), absl::OkStatus());
}

}  // namespace
}  // namespace atomstream
