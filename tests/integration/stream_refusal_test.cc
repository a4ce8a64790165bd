// What the log and the metrics say of streams that are ended because their caller may not have them
// any more: the same as the caller hears.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "atomstream/v1/analysis.grpc.pb.h"
#include "atomstream/v1/targeting.grpc.pb.h"
#include "tests/fakes/line_log.h"
#include "tests/integration/scrape.h"
#include "tests/integration/secure_daemon.h"

namespace atomstream {
namespace {

using grpc::StatusCode;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class StreamRefusalTest : public testing::Test {
 protected:
  StreamRefusalTest() {
    HarnessOptions options;
    options.with_metrics = true;
    options.log = &log_;
    daemon_ = std::make_unique<SecureDaemon>(/*require_certificate=*/true, std::move(options));
  }

  // A stream of results that has begun.
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> Subscribe(
      const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext* context) {
    auto reader = v1::Analysis::NewStub(channel)->Subscribe(context, {});
    v1::SubscribeResponse first;
    EXPECT_TRUE(reader->Read(&first));
    return reader;
  }

  template <typename Response>
  static grpc::Status EndOf(grpc::ClientReader<Response>& reader) {
    Response response;
    while (reader.Read(&response)) {
    }
    return reader.Finish();
  }

  // Calls of this method that ended so; -1: the metric has no such series.
  double Ended(const std::string& method, const std::string& code) {
    const std::string metrics = Scrape(daemon_->harness().daemon().metrics_port());
    const std::string series =
        absl::StrCat("atomstream_calls_total{method=\"", method, "\",code=\"", code, "\"} ");
    const size_t at = metrics.find(series);
    return at == std::string::npos ? -1 : std::stod(metrics.substr(at + series.size()));
  }

  LineLog log_;  // outlives the daemon
  std::unique_ptr<SecureDaemon> daemon_;
};

TEST_F(StreamRefusalTest, AStreamWhoseRoleIsTakenAwayWasDenied) {
  grpc::ClientContext context;
  const auto reader = Subscribe(daemon_->Dial("vera"), &context);
  WriteWhole(daemon_->File("policy"), "cn=olga operator\n");
  ASSERT_TRUE(daemon_->Reload().ok());
  EXPECT_EQ(EndOf(*reader).error_code(), StatusCode::PERMISSION_DENIED);

  EXPECT_THAT(log_.WaitFor("subscriber left", 1), ElementsAre(HasSubstr(" cause=refused")));
  EXPECT_THAT(log_.WaitFor("call failed", 1),
              ElementsAre(AllOf(StartsWith("WARNING"),
                                HasSubstr("code=PERMISSION_DENIED reason=ROLE_MISSING"),
                                HasSubstr("vera"))));
  EXPECT_THAT(log_.lines(), Not(testing::Contains(HasSubstr("refused from outside"))));
  EXPECT_EQ(Ended("Analysis/Subscribe", "PERMISSION_DENIED"), 1);
  EXPECT_LE(Ended("Analysis/Subscribe", "CANCELLED"), 0);
}

TEST_F(StreamRefusalTest, AStreamOfTargetsWhoseTokenIsTakenAwayWasNotAuthenticated) {
  grpc::ClientContext context;
  const auto stub = v1::Targeting::NewStub(daemon_->Dial("vera", "vic.1"));
  v1::WatchTargetsRequest request;
  request.mutable_criteria()->set_max_count(1);
  const auto reader = stub->WatchTargets(&context, request);
  // Nothing else says that a stream without a message is there.
  EXPECT_THAT(log_.WaitFor("watcher joined", 1), ElementsAre(HasSubstr(" caller=token:vic ")));
  WriteWhole(daemon_->File("tokens"), "");
  ASSERT_TRUE(daemon_->Reload().ok());
  EXPECT_EQ(EndOf(*reader).error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(log_.WaitFor("watcher left", 1), ElementsAre(HasSubstr(" cause=refused")));
  EXPECT_THAT(log_.WaitFor("call failed", 1),
              ElementsAre(AllOf(StartsWith("WARNING"), HasSubstr("code=UNAUTHENTICATED"))));
  EXPECT_EQ(Ended("Targeting/WatchTargets", "UNAUTHENTICATED"), 1);
  EXPECT_LE(Ended("Targeting/WatchTargets", "CANCELLED"), 0);
}

TEST_F(StreamRefusalTest, WhoLeavesByItselfWasNotRefused) {
  grpc::ClientContext context;
  const auto reader = Subscribe(daemon_->Dial("vera"), &context);
  context.TryCancel();
  EXPECT_EQ(EndOf(*reader).error_code(), StatusCode::CANCELLED);
  EXPECT_THAT(log_.WaitFor("subscriber left", 1), ElementsAre(HasSubstr(" cause=reader_gone")));
  EXPECT_EQ(Ended("Analysis/Subscribe", "CANCELLED"), 1);
}

}  // namespace
}  // namespace atomstream
