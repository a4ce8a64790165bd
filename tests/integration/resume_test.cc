// A ResultStream while its daemon is killed and started again: one that forgets its results, and
// one that keeps them.
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cpp/channel.h"
#include "client/cpp/result_stream.h"
#include "gmock/gmock.h"
#include "tests/integration/daemon_process.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Minutes(3);  // of calls; nothing takes so long

class ResumeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // An address of loopback that nobody else uses: while the daemon is away, its port must not be
    // taken by another program, nor as the near end of a connection.
    const pid_t pid = getpid();
    host_ = absl::StrCat("127.", 1 + pid / 65536 % 254, ".", pid / 256 % 256, ".", 2 + pid % 253);
    folder_ = absl::StrCat(testing::TempDir(), "resume_", pid);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override {
    daemon_.reset();
    std::filesystem::remove_all(folder_);
  }

  // Kills the daemon, if there is one, and starts it again on the same port.
  void StartDaemon(const std::string& history) {
    daemon_.reset();  // SIGKILL
    const std::string path =
        WriteConfig(absl::StrCat("resume_", getpid(), ".textproto"),
                    absl::StrCat("listen_address: \"", host_, ":", port_.empty() ? "0" : port_,
                                 "\" metrics_address: \"\" history { ", history, " }"));
    daemon_ = std::make_unique<DaemonProcess>(std::vector<std::string>{"--config=" + path});
    const std::string port = daemon_->ReadPort();
    ASSERT_FALSE(port.empty()) << daemon_->output();
    port_ = port;
    submitter_ = Connect();  // another program, which the kill did not touch
    if (client_ == nullptr) client_ = Connect();
  }

  std::unique_ptr<AnalysisClient> Connect() const {
    auto channel = MakeChannel({.address = absl::StrCat(host_, ":", port_), .security = {}});
    EXPECT_TRUE(channel.ok());
    return AnalysisClient::Create(*std::move(channel));
  }

  void StartStream() {
    ResultStreamOptions options;
    options.heartbeat_interval = absl::Seconds(1);
    options.max_time_without_link = kPatience;
    auto stream = ResultStream::Create(client_.get(), options);
    ASSERT_TRUE(stream.ok()) << stream.status();
    stream_ = *std::move(stream);
    const absl::StatusOr<ResultEvent> first = stream_->Next();
    ASSERT_TRUE(first.ok() && std::holds_alternative<Linked>(*first)) << first.status();
  }

  // Has a frame analysed; its result is published.
  void Analyze(const std::string& id) {
    v1::AnalyzeFrameRequest request;
    v1::Frame& frame = *request.mutable_frame();
    frame.set_frame_id(id);
    frame.set_width_px(8);
    frame.set_height_px(8);
    frame.set_pixel_type(v1::PIXEL_TYPE_U8);
    frame.set_pixels(std::string(64, 'x'));
    const auto result = submitter_->AnalyzeFrame(request, kPatience);
    ASSERT_TRUE(result.ok()) << result.status();
  }

  // Reads until that many more results have come.
  void Read(int results) {
    for (int i = 0; i < results;) {
      const absl::StatusOr<ResultEvent> event = stream_->Next();
      ASSERT_TRUE(event.ok()) << event.status();
      if (const auto* result = std::get_if<v1::FrameResult>(&*event)) {
        came_.push_back(absl::StrCat(result->position().sequence(), " ", result->frame_id()));
        ++i;
      }
      ASSERT_FALSE(std::holds_alternative<ResultGap>(*event));
      if (const auto* change = std::get_if<EpochChange>(&*event)) {
        ASSERT_TRUE(forgets_) << "the daemon did not keep its results";
        changes_.push_back(*change);
      }
    }
  }

  std::string folder_;
  std::string host_, port_;
  std::unique_ptr<DaemonProcess> daemon_;
  std::unique_ptr<AnalysisClient> submitter_, client_;
  std::unique_ptr<ResultStream> stream_;
  std::vector<std::string> came_;
  std::vector<EpochChange> changes_;
  bool forgets_ = false;
};

TEST_F(ResumeTest, ADaemonThatForgetsBeginsANewEpoch) {
  forgets_ = true;
  ASSERT_NO_FATAL_FAILURE(StartDaemon(""));
  ASSERT_NO_FATAL_FAILURE(StartStream());
  ASSERT_NO_FATAL_FAILURE(Analyze("a"));
  ASSERT_NO_FATAL_FAILURE(Read(1));
  const v1::ResultPosition old = *stream_->position();
  ASSERT_NO_FATAL_FAILURE(StartDaemon(""));
  // Before the stream is back: it is the new epoch's first result.
  ASSERT_NO_FATAL_FAILURE(Analyze("b"));
  ASSERT_NO_FATAL_FAILURE(Read(1));
  ASSERT_NO_FATAL_FAILURE(Analyze("c"));
  ASSERT_NO_FATAL_FAILURE(Read(1));
  EXPECT_THAT(came_, ElementsAre("1 a", "1 b", "2 c"));
  ASSERT_EQ(changes_.size(), 1u);
  EXPECT_EQ(changes_[0].old_position.epoch(), old.epoch());
  EXPECT_EQ(changes_[0].old_position.sequence(), 1);
  EXPECT_NE(changes_[0].new_epoch, old.epoch());
  EXPECT_EQ(stream_->position()->sequence(), 2);
}

// Its connection stays open: only the missing heartbeats tell.
TEST_F(ResumeTest, ADaemonThatStandsStillIsTakenForDeadUntilItGoesOn) {
  ASSERT_NO_FATAL_FAILURE(StartDaemon(""));
  ASSERT_NO_FATAL_FAILURE(StartStream());
  ASSERT_NO_FATAL_FAILURE(Analyze("a"));
  ASSERT_NO_FATAL_FAILURE(Read(1));
  daemon_->Signal(SIGSTOP);
  absl::StatusOr<ResultEvent> event = stream_->Next();
  while (event.ok() && !std::holds_alternative<Reconnecting>(*event)) event = stream_->Next();
  daemon_->Signal(SIGCONT);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_THAT(std::string(std::get<Reconnecting>(*event).cause.message()),
              HasSubstr("nothing came for 3s, not even a heartbeat"));
  ASSERT_NO_FATAL_FAILURE(Analyze("b"));
  ASSERT_NO_FATAL_FAILURE(Read(1));
  EXPECT_THAT(came_, ElementsAre("1 a", "2 b"));
}

TEST_F(ResumeTest, OfADaemonThatKeepsItsResultsEveryOneComesOnceAcrossKills) {
  const std::string history = absl::StrCat("path: \"", folder_, "/results.db\"");
  ASSERT_NO_FATAL_FAILURE(StartDaemon(history));
  ASSERT_NO_FATAL_FAILURE(StartStream());
  constexpr int kKills = 3, kFrames = 5;
  std::vector<std::string> published;
  for (int round = 0; round <= kKills; ++round) {
    if (round > 0) {
      ASSERT_NO_FATAL_FAILURE(StartDaemon(history));
    }
    for (int i = 0; i < kFrames; ++i) {
      const std::string id = absl::StrCat("frame-", round, "-", i);
      ASSERT_NO_FATAL_FAILURE(Analyze(id));
      published.push_back(absl::StrCat(published.size() + 1, " ", id));
    }
    // The daemon is killed with some of the results on their way.
    ASSERT_NO_FATAL_FAILURE(Read(round == 0 ? 2 : kFrames));
  }
  ASSERT_NO_FATAL_FAILURE(Read(kFrames - 2));
  EXPECT_EQ(came_, published);
}

}  // namespace
}  // namespace atomstream
