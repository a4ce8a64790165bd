// The closed loop: simulator, daemon and example agent, each as it is shipped; and the beam, which
// must be blanked whoever of them dies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "atomstream/v1/simulator.grpc.pb.h"
#include "client/cpp/channel.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "server/simulator/simulator_server.h"
#include "tests/integration/daemon_process.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

class AgentTest : public ::testing::Test {
 protected:
  void Start(SimulatorOptions options) {
    options.address = "127.0.0.1:0";
    options.size_px = 256;
    options.rate_hz = 5;
    options.dopants = 0.02;
    options.noise = 0.1;
    auto server = SimulatorServer::Start(options, &clock_);
    ASSERT_TRUE(server.ok()) << server.status();
    simulator_ = *std::move(server);
    ChannelOptions channel;
    channel.address = simulator_->address();
    specimen_ = v1::SimulatedSpecimen::NewStub(*MakeChannel(channel));
    const std::string config =
        WriteConfig(absl::StrCat("agent_", getpid(), ".textproto"),
                    absl::StrCat("listen_address: \"127.0.0.1:0\" metrics_address: \"\" "
                                 "source { microscope { address: \"",
                                 simulator_->address(), "\" } }"));
    daemon_ = std::make_unique<DaemonProcess>(std::vector<std::string>{"--config=" + config});
    const std::string port = daemon_->ReadPort();
    ASSERT_FALSE(port.empty()) << daemon_->output();
    server_flag_ = "--server=127.0.0.1:" + port;
  }

  std::unique_ptr<DaemonProcess> StartAgent(std::vector<std::string> flags) {
    flags.insert(flags.end(), {server_flag_, "--simulator=" + simulator_->address(),
                               "--format=json", "--max_seconds=600", "--timeout_s=60"});
    return std::make_unique<DaemonProcess>(flags, AGENT);
  }

  v1::GetSpecimenResponse Specimen() {
    grpc::ClientContext context;
    v1::GetSpecimenRequest request;
    request.set_element("none");
    v1::GetSpecimenResponse response;
    EXPECT_TRUE(specimen_->GetSpecimen(&context, request, &response).ok());
    return response;
  }
  // Asks until it is so, for three minutes at most.
  bool AwaitPlaced(bool placed) {
    const absl::Time deadline = absl::Now() + absl::Minutes(3);
    while (Specimen().beam_placed() != placed) {
      if (absl::Now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }
  v1::Exposure LastExposure() {
    grpc::ClientContext context;
    v1::ListExposuresResponse response;
    EXPECT_TRUE(specimen_->ListExposures(&context, {}, &response).ok());
    EXPECT_GT(response.exposures_size(), 0);
    return response.exposures_size() > 0 ? *response.exposures().rbegin() : v1::Exposure();
  }

  const SystemClock clock_;
  std::unique_ptr<SimulatorServer> simulator_;
  std::unique_ptr<v1::SimulatedSpecimen::Stub> specimen_;
  std::unique_ptr<DaemonProcess> daemon_;
  std::string server_flag_;
};

TEST_F(AgentTest, VisitsDopantsOnceSeesThemHopAndHitsNothingElse) {
  SimulatorOptions options;
  options.drift_px = 1;
  options.beam_damage = "Si:hop=1e8";  // certain, in effect: 25 mean doses a visit
  ASSERT_NO_FATAL_FAILURE(Start(options));
  const auto agent = StartAgent({"--sites=4", "--min_changed=3", "--dwell_ms=100"});
  EXPECT_EQ(agent->ExitCode(), 0) << agent->output() << daemon_->output();
  EXPECT_THAT(agent->output(), HasSubstr(R"("goal_reached":true)"));
  EXPECT_THAT(agent->output(), HasSubstr(R"("misses":0,"double_visits":0)"));
  EXPECT_THAT(agent->output(), HasSubstr("after a hop: left out"));
  EXPECT_EQ(Specimen().placements(), 4);
  EXPECT_TRUE(Specimen().beam_blanked());
}

TEST_F(AgentTest, LeavesTheBeamBlankedWhoeverDiesInAVisit) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  for (const int signal : {SIGINT, SIGKILL}) {
    const auto agent = StartAgent({"--dwell_ms=9000", "--budget_s=90"});
    ASSERT_TRUE(AwaitPlaced(true)) << daemon_->output();
    agent->Signal(signal);
    EXPECT_TRUE(AwaitPlaced(false));
    EXPECT_TRUE(Specimen().beam_blanked());
    EXPECT_LT(LastExposure().on_time().seconds(), 8) << "the dwell was not cut off";
    if (signal == SIGINT) {
      EXPECT_EQ(agent->ExitCode(), 1);
      EXPECT_THAT(agent->output(), HasSubstr(R"("end":"interrupted")"));
    }
  }
  for (const int signal : {SIGTERM, SIGKILL}) {
    if (signal == SIGKILL) {
      ASSERT_NO_FATAL_FAILURE(Start({}));
    }
    const auto agent = StartAgent({"--dwell_ms=9000", "--budget_s=90"});
    ASSERT_TRUE(AwaitPlaced(true)) << daemon_->output();
    daemon_->Signal(signal);
    EXPECT_TRUE(AwaitPlaced(false));
    EXPECT_TRUE(Specimen().beam_blanked());
    EXPECT_NE(LastExposure().end(), v1::EXPOSURE_END_COMPLETED) << "the dwell was not cut off";
    agent->Signal(SIGKILL);
  }
}

TEST_F(AgentTest, GivesUpAtABeamThatFailsAndTheDaemonBlanksIt) {
  SimulatorOptions options;
  options.fault = "beam_fails_every_1";
  ASSERT_NO_FATAL_FAILURE(Start(options));
  const auto agent = StartAgent({"--sites=4", "--max_failures=1", "--dwell_ms=50"});
  EXPECT_EQ(agent->ExitCode(), 1) << agent->output();
  EXPECT_THAT(agent->output(), HasSubstr(R"("end":"failures")"));
  EXPECT_EQ(Specimen().placements(), 2);
  EXPECT_GE(Specimen().blankings(), 2);
  EXPECT_TRUE(Specimen().beam_blanked());
  EXPECT_EQ(LastExposure().end(), v1::EXPOSURE_END_BLANKED);
}

}  // namespace
}  // namespace atomstream
