// `atomstream health` against gRPC's own health service.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "atomstream/v1/analysis.grpc.pb.h"
#include "client/cli/cli_command.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

class HealthCommandTest : public ::testing::Test {
 protected:
  HealthCommandTest() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("127.0.0.1:", port);
  }

  int Call(std::vector<std::string> arguments) {
    arguments.push_back("--server=" + address_);
    out_.str("");
    err_.str("");
    return HealthCommand(arguments, {out_, err_, {}});
  }

  void Show(const std::string& name, bool serving) {
    server_->GetHealthCheckService()->SetServingStatus(name, serving);
  }

  v1::Analysis::Service service_;  // a server without any would not listen
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  std::ostringstream out_, err_;
};

TEST_F(HealthCommandTest, TellsOfTheWholeAndOfComponents) {
  EXPECT_EQ(Call({}), kExitOk) << err_.str();
  EXPECT_EQ(out_.str(), "serving\n");
  Show("atomstream.source", false);
  Show("atomstream.pipeline", true);
  EXPECT_EQ(Call({"source"}), kExitFailed);
  EXPECT_EQ(out_.str(), "not serving\n");
  EXPECT_EQ(Call({"pipeline", "--format=json"}), kExitOk);
  EXPECT_EQ(out_.str(), "{\"component\":\"pipeline\",\"serving\":true}\n");
  Show("", false);
  EXPECT_EQ(Call({}), kExitFailed);
  EXPECT_EQ(err_.str(), "");
}

TEST_F(HealthCommandTest, FailsOnANameThatTheServerDoesNotKnowAndWithoutAServer) {
  EXPECT_EQ(Call({"store"}), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("shows no health of atomstream.store"));
  server_->Shutdown();
  server_.reset();
  EXPECT_EQ(Call({"--timeout_s=5"}), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("UNAVAILABLE"));
}

TEST_F(HealthCommandTest, RefusesAnUnknownComponent) {
  EXPECT_EQ(Call({"beam"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("COMPONENT = beam"));
  EXPECT_EQ(Call({"source", "store"}), kExitUsage);
}

}  // namespace
}  // namespace atomstream
