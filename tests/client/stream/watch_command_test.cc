// `atomstream watch` and what happens to its link: exit codes, requests, what goes where.
#include <sstream>

#include "client/cli/cli_command.h"
#include "gmock/gmock.h"
#include "tests/client/fake_analysis.h"
#include "tests/client/stream/stream_messages.h"

namespace atomstream {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Script = FakeAnalysis::Script;

grpc::Status OutOfRangeOf(const std::string& epoch, int64_t oldest, int64_t newest) {
  google::rpc::ErrorInfo info;
  info.set_reason("RESUME_OUT_OF_RANGE");
  (*info.mutable_metadata())["epoch"] = epoch;
  (*info.mutable_metadata())["oldest"] = absl::StrCat(oldest);
  (*info.mutable_metadata())["newest"] = absl::StrCat(newest);
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  return grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "no longer kept",
                      details.SerializeAsString());
}

class WatchCommandTest : public ::testing::Test {
 protected:
  int Watch(std::vector<std::string> arguments, const std::string& address) {
    arguments.push_back("--server=" + address);
    out_.str("");
    err_.str("");
    return WatchCommand(arguments, {out_, err_, {}});
  }

  std::ostringstream out_, err_;
};

TEST_F(WatchCommandTest, GoesOnBehindTheLastResultWhenTheLinkIsLost) {
  FakeAnalysis daemon({Script{{RunOf("e", 0), ResultOf("e", 1), HeartbeatOf("e", 1)}},
                       Script{{RunOf("e", 3), ResultOf("e", 2), ResultOf("e", 3)}}});
  EXPECT_EQ(Watch({"--frames=3", "--policy=lossless"}, daemon.address()), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(),
              AllOf(HasSubstr("newest result 3, going on behind 1"),
                    HasSubstr("epoch e: 3 received + 0 lost = 3 published, 1 to 3\n"),
                    HasSubstr("0 while away; 1 reconnects"), Not(HasSubstr("heartbeat"))));
  EXPECT_EQ(err_.str(), "waiting for " + daemon.address() + ": shutting down\n");
  ASSERT_EQ(daemon.subscriptions().size(), 2u);
  EXPECT_EQ(daemon.subscriptions()[0].policy(), v1::DELIVERY_POLICY_LOSSLESS);
  EXPECT_FALSE(daemon.subscriptions()[0].has_resume_after());
  EXPECT_EQ(daemon.subscriptions()[1].resume_after().sequence(), 1);
}

TEST_F(WatchCommandTest, TellsANewEpochAndCountsItByItself) {
  FakeAnalysis daemon({Script{{RunOf("e", 4), ResultOf("e", 5)}},
                       Script{{}, OutOfRangeOf("f", 1, 1)},
                       Script{{RunOf("f", 1), ResultOf("f", 1)}}});
  EXPECT_EQ(Watch({"--frames=2"}, daemon.address()), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("the daemon has a new store: epoch f follows e"),
                                HasSubstr("epoch e: 1 received + 0 lost = 1 published, 5 to 5\n"
                                          "epoch f: 1 received + 0 lost = 1 published, 1 to 1\n")));
  EXPECT_EQ(daemon.subscriptions().back().resume_after().epoch(), "f");
}

TEST_F(WatchCommandTest, BeginsWhereItIsTold) {
  FakeAnalysis daemon({Script{{}, OutOfRangeOf("e", 9, 12)},
                       Script{{RunOf("e", 12), ResultOf("e", 9), ResultOf("e", 10)}}});
  EXPECT_EQ(Watch({"--frames=2", "--resume_after=e/6"}, daemon.address()), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("results 7 to 8 are no longer kept"),
                                HasSubstr("2 received + 2 lost = 4 published, 7 to 10")));
  // The fake's present epoch.
  FakeAnalysis other({Script{{RunOf("present", 3), ResultOf("present", 1)}}});
  EXPECT_EQ(Watch({"--frames=1", "--since=0"}, other.address()), kExitOk) << err_.str();
  EXPECT_EQ(other.subscriptions()[0].resume_after().epoch(), "present");
  EXPECT_TRUE(other.subscriptions()[0].has_resume_after());
}

TEST_F(WatchCommandTest, ReconnectNeverEndsItAtTheFirstLoss) {
  FakeAnalysis daemon({Script{{RunOf("e", 0), ResultOf("e", 1)}}, Script{{RunOf("e", 1)}}});
  EXPECT_EQ(Watch({"--reconnect=never"}, daemon.address()), kExitFailed);
  EXPECT_EQ(daemon.subscriptions().size(), 1u);
  EXPECT_EQ(err_.str(),
            "atomstream: UNAVAILABLE: no daemon at " + daemon.address() + ": shutting down\n");
  EXPECT_THAT(out_.str(), HasSubstr("1 received + 0 lost = 1 published"));
}

TEST_F(WatchCommandTest, ReconnectTimeoutGivesUpInTime) {
  struct Case {
    const char *timeout, *shown;
  };
  // On a busy machine the shortest of these may be over before it was tried twice.
  for (const Case& c : {Case{"0.3", "300ms"}, Case{"3", "3s"}, Case{"30", "30s"}}) {
    SCOPED_TRACE(c.timeout);
    FakeAnalysis daemon({Script{{RunOf("e", 0), ResultOf("e", 1)}}});
    // Every later subscription ends at once.
    ASSERT_EQ(
        Watch({"--reconnect=timeout", absl::StrCat("--timeout_s=", c.timeout)}, daemon.address()),
        kExitFailed);
    EXPECT_THAT(err_.str(), HasSubstr(absl::StrCat("no link for ", c.shown, ": ")));
    if (daemon.subscriptions().size() < 2) continue;
    EXPECT_THAT(err_.str(), HasSubstr(absl::StrCat("no link for ", c.shown, ": shutting down")));
    return;
  }
  FAIL() << "it was never tried again";
}

TEST_F(WatchCommandTest, RefusesABeginningThatIsNone) {
  const auto refusal = [this](const std::vector<std::string>& arguments) {
    EXPECT_EQ(Watch(arguments, "127.0.0.1:1"), kExitUsage);
    EXPECT_THAT(out_.str(), IsEmpty());
    return err_.str();
  };
  EXPECT_THAT(refusal({"--resume_after=7"}), HasSubstr("--resume_after = 7: must be EPOCH/SEQ"));
  EXPECT_THAT(refusal({"--resume_after=e/x"}), HasSubstr("--resume_after = e/x"));
  EXPECT_THAT(refusal({"--resume_after=e/-1"}), HasSubstr("--resume_after = e/-1"));
  EXPECT_THAT(refusal({"--resume_after=/1"}), HasSubstr("--resume_after = /1"));
  EXPECT_THAT(refusal({"--since=-1"}), HasSubstr("--since = -1"));
  EXPECT_THAT(refusal({"--since=1", "--resume_after=e/1"}), HasSubstr("either --resume_after or"));
  EXPECT_THAT(refusal({"--reconnect=perhaps"}), HasSubstr("--reconnect = perhaps"));
}

}  // namespace
}  // namespace atomstream
