// atomstreamd with many subscribers that are killed, that stall, or that are there when it ends.
#include <dirent.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "atomstream/v1/analysis.grpc.pb.h"
#include "tests/integration/daemon_process.h"

namespace atomstream {
namespace {

// What a process has open and takes.
struct Footprint {
  int descriptors = 0;
  int64_t threads = 0;
  int64_t resident_kib = 0;
};

int64_t StatusNumber(pid_t pid, const std::string& name) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/status"));
  for (std::string line; std::getline(file, line);) {
    if (!absl::StartsWith(line, name + ":")) continue;
    const std::vector<std::string> words = absl::StrSplit(line, absl::ByAnyChar("\t "),  //
                                                          absl::SkipEmpty());
    int64_t value = 0;
    if (words.size() > 1 && absl::SimpleAtoi(words[1], &value)) return value;
  }
  ADD_FAILURE() << "no " << name << " of process " << pid;
  return 0;
}

Footprint FootprintOf(pid_t pid) {
  Footprint footprint;
  DIR* folder = opendir(absl::StrCat("/proc/", pid, "/fd").c_str());
  while (folder != nullptr && readdir(folder) != nullptr) ++footprint.descriptors;
  if (folder != nullptr) closedir(folder);
  footprint.threads = StatusNumber(pid, "Threads");
  footprint.resident_kib = StatusNumber(pid, "VmRSS");
  return footprint;
}

// A lattice of some 400 atoms, which shifts with `number`.
v1::Frame LatticeFrame(int number) {
  constexpr int kSide = 256;
  v1::Frame frame;
  frame.set_frame_id(absl::StrCat("lattice-", number));
  frame.set_width_px(kSide);
  frame.set_height_px(kSide);
  frame.set_pixel_type(v1::PIXEL_TYPE_U8);
  std::string& pixels = *frame.mutable_pixels();
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const double wave = std::cos((x + number) * 0.5) + std::cos(y * 0.5);
      pixels.push_back(static_cast<char>(std::lround(60 + 30 * wave)));
    }
  }
  return frame;
}

class SubscribersTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path =
        WriteConfig(absl::StrCat("subscribers_", getpid(), ".textproto"),
                    "listen_address: \"127.0.0.1:0\" metrics_address: \"\" "
                    "history { max_results: 20 max_frame_mib: 1 } log_star { max_evaluations: 4 }");
    daemon_ = std::make_unique<DaemonProcess>(std::vector<std::string>{"--config=" + path});
    const std::string port = daemon_->ReadPort();
    ASSERT_FALSE(port.empty()) << daemon_->output();
    address_ = "127.0.0.1:" + port;
    channel_ = grpc::CreateChannel(address_, grpc::InsecureChannelCredentials());
    stub_ = v1::Analysis::NewStub(channel_);
  }

  std::unique_ptr<DaemonProcess> Swarm(int count, const std::string& mode) {
    auto swarm = std::make_unique<DaemonProcess>(
        std::vector<std::string>{address_, absl::StrCat(count), mode}, SUBSCRIBER_SWARM);
    EXPECT_TRUE(swarm->ReadUntil("ready")) << swarm->output();
    return swarm;
  }

  // A frame of another client, whose result all subscribers get; its size in bytes.
  int64_t PublishOne() {
    v1::AnalyzeFrameRequest request;
    *request.mutable_frame() = LatticeFrame(++frames_);
    v1::AnalyzeFrameResponse response;
    grpc::ClientContext context;
    const grpc::Status status = stub_->AnalyzeFrame(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return static_cast<int64_t>(response.ByteSizeLong());
  }

  int Subscribers() {
    v1::GetStatusResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(stub_->GetStatus(&context, {}, &response).ok());
    return response.subscribers();
  }

  // Whether the health service says that the daemon is ready; nullopt: it does not answer.
  std::optional<bool> Ready() {
    grpc::GenericStub stub(channel_);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
    grpc::CompletionQueue queue;
    const grpc::Slice nothing;
    const grpc::ByteBuffer request(&nothing, 1);  // HealthCheckRequest {}: the whole daemon
    auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
    call->StartCall();
    grpc::ByteBuffer answer;
    grpc::Status status;
    call->Finish(&answer, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    queue.Shutdown();
    while (queue.Next(&tag, &ok)) {
    }
    grpc::Slice bytes;
    if (!status.ok() || !answer.DumpToSingleSlice(&bytes).ok() || bytes.size() != 2) {
      return std::nullopt;
    }
    return bytes.begin()[1] == 1;  // HealthCheckResponse {status: SERVING}
  }

  // Ends the daemon with SIGTERM; checks how soon it says so and has ended.
  void TerminateAndCheck() {
    ASSERT_EQ(Ready(), true);
    const absl::Time start = absl::Now();
    daemon_->Signal(SIGTERM);
    while (Ready().value_or(false)) {
    }
    const absl::Duration unready = absl::Now() - start;
    EXPECT_EQ(daemon_->ExitCode(), 0) << daemon_->output();
    const absl::Duration ended = absl::Now() - start;
    RecordProperty("unready_ms", static_cast<int>(absl::ToInt64Milliseconds(unready)));
    RecordProperty("ended_ms", static_cast<int>(absl::ToInt64Milliseconds(ended)));
    EXPECT_LE(unready, absl::Milliseconds(100) + kOneCheck);  // issue 5
    EXPECT_LE(ended, absl::Seconds(10));                      // issue 5
    std::cout << "not ready after " << unready << ", ended after " << ended << "\n";
  }

  // A check of readiness is a call itself, on a machine that may have other work.
  static constexpr absl::Duration kOneCheck = absl::Milliseconds(50);

  std::unique_ptr<DaemonProcess> daemon_;
  std::string address_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Analysis::Stub> stub_;
  int frames_ = 0;
};

TEST_F(SubscribersTest, AThousandThatAreKilledLeaveNothingBehind) {
  constexpr int kEach = 50;
  // A publisher all the while, so that they die in the middle of messages too.
  std::atomic<bool> stop = false;
  std::thread publisher([&] {
    while (!stop) {
      PublishOne();
      absl::SleepFor(absl::Milliseconds(20));
    }
  });
  const auto cycle = [&](int round) {
    const auto swarm = Swarm(kEach, round % 2 == 0 ? "reading" : "stalled");
    EXPECT_GE(Subscribers(), 1);
    swarm->Signal(SIGKILL);
    while (Subscribers() > 0) absl::SleepFor(absl::Milliseconds(5));
  };
  // Until all pools and the history are as full as they get.
  for (int round = 0; round < 6; ++round) cycle(round);
  const Footprint before = FootprintOf(daemon_->pid());
  for (int round = 0; round < 1000 / kEach; ++round) cycle(round);
  const Footprint after = FootprintOf(daemon_->pid());
  stop = true;
  publisher.join();
  std::cout << "descriptors " << before.descriptors << " -> " << after.descriptors << ", threads "
            << before.threads << " -> " << after.threads << ", resident KiB " << before.resident_kib
            << " -> " << after.resident_kib << "\n";
  // One call of the publisher may be open or not, and the daemon's own try of its port with both
  // ends.
  EXPECT_LE(after.descriptors, before.descriptors + 3);
  // gRPC's own pool of threads comes and goes by the load.
  EXPECT_LE(after.threads, before.threads + 4);
  // A subscriber's call alone takes more than 10 KiB; a thousand that were kept would show.
  EXPECT_LE(after.resident_kib, before.resident_kib + 8 * 1024);
}

TEST_F(SubscribersTest, SigtermWithManyIdleOnesIsToldAtOnceAndDoneInTime) {
  const auto swarm = Swarm(64, "reading");
  PublishOne();
  ASSERT_EQ(Subscribers(), 64);
  TerminateAndCheck();
}

TEST_F(SubscribersTest, SigtermWithManyStalledOnesIsToldAtOnceAndDoneInTime) {
  const auto swarm = Swarm(64, "stalled");
  // More than a window of 64 KiB and the buffers of the system for each of them.
  for (int64_t bytes = 0; bytes < (1 << 20);) bytes += PublishOne();
  ASSERT_EQ(Subscribers(), 64);
  TerminateAndCheck();
}

}  // namespace
}  // namespace atomstream
