// atomstreamd with a store that was put back from a backup.
#include <gmock/gmock.h>

#include <vector>

#include "tests/integration/recording_daemon.h"

namespace atomstream {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Takes the first `results` of what a daemon gives behind `after`; the status, if it gives none.
grpc::Status Subscribe(const std::string& port, const v1::ResultPosition& after, size_t results,
                       std::vector<v1::FrameResult>* got) {
  const auto stub = v1::Analysis::NewStub(
      grpc::CreateChannel("127.0.0.1:" + port, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  v1::SubscribeRequest request;
  request.set_policy(v1::DELIVERY_POLICY_LOSSLESS);
  *request.mutable_resume_after() = after;
  const auto reader = stub->Subscribe(&context, request);
  v1::SubscribeResponse response;
  while (got->size() < results && reader->Read(&response)) {
    EXPECT_FALSE(response.has_gap()) << response.ShortDebugString();
    if (response.has_result()) got->push_back(response.result());
  }
  if (!got->empty()) context.TryCancel();
  return reader->Finish();
}

class RestoreTest : public testing::Test {
 protected:
  // A life of the daemon. The newest result that a subscriber got, at least this one.
  v1::ResultPosition RunUntil(int64_t newest) {
    DaemonProcess daemon({"--config=" + folder_.config()});
    const std::string port = daemon.ReadPort();
    EXPECT_FALSE(port.empty()) << daemon.output();
    std::vector<v1::FrameResult> got;
    Subscribe(port, {}, static_cast<size_t>(newest), &got).ok();
    daemon.Signal(SIGTERM);
    EXPECT_EQ(daemon.ExitCode(), 0) << daemon.output();
    if (got.empty()) return {};
    EXPECT_EQ(got.back().position().sequence(), newest);
    for (v1::FrameResult& result : got) seen_[result.position().sequence()] = result.frame_id();
    return got.back().position();
  }

  const RecordingFolder folder_{"", /*rate_hz=*/200, "store/results.sqlite"};
  std::map<int64_t, std::string> seen_;  // frames by sequence
};

TEST_F(RestoreTest, WhoWasFurtherThanTheBackupIsToldAndGetsAllOfTheNewEpoch) {
  const v1::ResultPosition saved = RunUntil(30);
  fs::copy(folder_.Path("store"), folder_.Path("backup"), fs::copy_options::recursive);
  const std::map<int64_t, std::string> saved_frames = seen_;
  const v1::ResultPosition further = RunUntil(200);
  ASSERT_NE(saved.epoch(), "");
  ASSERT_EQ(further.epoch(), saved.epoch());
  fs::remove_all(folder_.Path("store"));
  fs::rename(folder_.Path("backup"), folder_.Path("store"));

  DaemonProcess daemon({"--config=" + folder_.config()});
  const std::string port = daemon.ReadPort();
  ASSERT_FALSE(port.empty()) << daemon.output();
  EXPECT_THAT(daemon.output(), HasSubstr("was restored or moved (it is a copy): epoch " +
                                         saved.epoch() + " has ended"));
  // Also when the new epoch has come as far.
  std::vector<v1::FrameResult> all;
  Subscribe(port, {}, 250, &all).ok();
  ASSERT_EQ(all.size(), 250u) << daemon.output();
  for (const v1::ResultPosition& old : {saved, further}) {
    std::vector<v1::FrameResult> none;
    const grpc::Status refused = Subscribe(port, old, 1, &none);
    EXPECT_EQ(refused.error_code(), grpc::StatusCode::OUT_OF_RANGE) << refused.error_message();
    EXPECT_THAT(refused.error_message(), HasSubstr("resume_after.epoch = " + saved.epoch()));
    EXPECT_TRUE(none.empty());
  }
  const std::string epoch = all.front().position().epoch();
  EXPECT_NE(epoch, saved.epoch());
  int64_t sequence = 0;
  for (const v1::FrameResult& result : all) {
    ASSERT_EQ(result.position().epoch(), epoch);
    ASSERT_EQ(result.position().sequence(), ++sequence);
    ASSERT_EQ(result.detectors_size(), 1);
    const auto frame = saved_frames.find(sequence);
    if (frame != saved_frames.end()) {
      EXPECT_EQ(result.frame_id(), frame->second);
    }
  }
}

}  // namespace
}  // namespace atomstream
