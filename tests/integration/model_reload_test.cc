// atomstreamd as a process with a model of config/models: reloads by SIGHUP while frames come in.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "atomstream/v1/analysis.grpc.pb.h"
#include "tests/integration/daemon_process.h"

namespace atomstream {
namespace {

namespace fs = std::filesystem;

constexpr int kReloads = 200;
constexpr int kWarmUpReloads = 5;
constexpr int64_t kAllowedGrowthKb = 20 * 1024;  // issue 3, point 5

// The first model of the repository; empty: there is none.
std::string SomeModel() {
  std::error_code error;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(fs::path(CONFIG_FOLDER) / "models", error)) {
    if (entry.path().filename() == "manifest.json") return entry.path().parent_path().string();
  }
  return "";
}

int64_t ResidentKb(pid_t pid) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  for (std::string line; std::getline(status, line);) {
    absl::string_view rest = line;
    int64_t kb = 0;
    if (!absl::ConsumePrefix(&rest, "VmRSS:") || !absl::ConsumeSuffix(&rest, " kB")) continue;
    if (absl::SimpleAtoi(rest, &kb)) return kb;
  }
  ADD_FAILURE() << "no VmRSS of " << pid;
  return 0;
}

// A lattice of Gaussian spots, `d_nn` pixels apart.
v1::AnalyzeFrameRequest SquareLattice(int side, double d_nn) {
  v1::AnalyzeFrameRequest request;
  v1::Frame& frame = *request.mutable_frame();
  frame.set_width_px(side);
  frame.set_height_px(side);
  frame.set_pixel_type(v1::PIXEL_TYPE_U8);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const double dx = std::remainder(x, d_nn), dy = std::remainder(y, d_nn);
      const double value = 200 * std::exp(-(dx * dx + dy * dy) / (0.08 * d_nn * d_nn));
      frame.mutable_pixels()->push_back(static_cast<char>(static_cast<unsigned char>(value)));
    }
  }
  return request;
}

class ModelReloadTest : public testing::Test {
 protected:
  ~ModelReloadTest() override {
    if (!model_.empty()) fs::remove_all(model_);
  }

  // Of a copy, whose manifest can be written anew.
  void Start(const std::string& model) {
    model_ = absl::StrCat(testing::TempDir(), "reload_model_", getpid());
    fs::remove_all(model_);
    fs::copy(model, model_, fs::copy_options::recursive);
    config_ = WriteConfig("reload.textproto", ConfigOf(model_));
    daemon_ = std::make_unique<DaemonProcess>(std::vector<std::string>{"--config=" + config_});
    const std::string port = daemon_->ReadPort();
    ASSERT_FALSE(port.empty()) << daemon_->output();
    stub_ = v1::Analysis::NewStub(
        grpc::CreateChannel("127.0.0.1:" + port, grpc::InsecureChannelCredentials()));
  }

  static std::string ConfigOf(const std::string& model) {
    return absl::StrCat(
        "listen_address: \"127.0.0.1:0\" metrics_address: \"\" log_star { max_evaluations: 1 } "
        "history { max_results: 8 max_frame_mib: 0 } "  // what is kept is no leak
        "unet { device: \"cpu\" tile_px: 128 cpu_niceness: 0 model: \"",
        model, "\" }");
  }

  v1::ModelStatus Model() {
    grpc::ClientContext context;
    v1::GetStatusResponse status;
    EXPECT_TRUE(stub_->GetStatus(&context, {}, &status).ok());
    return status.model();
  }

  // As if the model was written anew; sends SIGHUP and waits until the daemon has dealt with it.
  void Reload() {
    const v1::ModelStatus before = Model();
    fs::last_write_time(model_ + "/manifest.json", fs::file_time_type::clock::now());
    daemon_->Signal(SIGHUP);
    v1::ModelStatus now = before;
    while (now.reloads() + now.reloads_refused() == before.reloads() + before.reloads_refused() ||
           now.loading()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      now = Model();
    }
  }

  grpc::Status Analyze(v1::AnalyzeFrameResponse* response) {
    grpc::ClientContext context;
    return stub_->AnalyzeFrame(&context, SquareLattice(96, 8), response);
  }

  std::string model_;
  std::string config_;
  std::unique_ptr<DaemonProcess> daemon_;
  std::unique_ptr<v1::Analysis::Stub> stub_;
};

TEST_F(ModelReloadTest, TwoHundredReloadsLoseNoFrameAndKeepTheMemoryAndABadOneChangesNothing) {
  const std::string model = SomeModel();
  if (model.empty()) GTEST_SKIP() << "no model under config/models";
  ASSERT_NO_FATAL_FAILURE(Start(model));
  v1::AnalyzeFrameResponse response;
  ASSERT_TRUE(Analyze(&response).ok());
  ASSERT_EQ(response.result().detectors_size(), 2);
  const std::string id = response.result().detectors(1).model_id();
  EXPECT_EQ(response.result().detectors(1).error(), "");
  EXPECT_GT(response.result().detectors(1).atom_count(), 50);  // of 144
  std::atomic<bool> stop = false;
  int64_t frames = 0;
  // Frames all the while, several a reload, with pauses that leave most of the machine to the
  // reloads.
  std::thread client([&] {
    for (; !stop; ++frames) {
      const absl::Time begin = absl::Now();
      v1::AnalyzeFrameResponse answer;
      const grpc::Status status = Analyze(&answer);
      ASSERT_TRUE(status.ok()) << status.error_message();
      ASSERT_EQ(answer.result().detectors_size(), 2);
      EXPECT_EQ(answer.result().detectors(1).error(), "");
      EXPECT_EQ(answer.result().detectors(1).model_id(), id);
      absl::SleepFor(2 * (absl::Now() - begin));
    }
  });
  // Threads, their memory arenas and libtorch's caches are there after the first ones.
  for (int i = 0; i < kWarmUpReloads; ++i) Reload();
  const int64_t before_kb = ResidentKb(daemon_->pid());
  for (int i = 0; i < kReloads; ++i) Reload();
  stop = true;
  client.join();
  EXPECT_EQ(Model().reloads(), kReloads + kWarmUpReloads);
  EXPECT_GT(frames, 0);
  EXPECT_LE(ResidentKb(daemon_->pid()) - before_kb, kAllowedGrowthKb);

  WriteConfig("reload.textproto", ConfigOf("/nonexistent/model"));
  Reload();
  EXPECT_THAT(Model().last_refusal(), testing::HasSubstr("/nonexistent/model"));
  WriteConfig("reload.textproto", "unet { tile_px: 3 }");
  Reload();
  EXPECT_THAT(Model().last_refusal(), testing::HasSubstr("unet.tile_px = 3: "));
  EXPECT_EQ(Model().reloads_refused(), 2);
  EXPECT_EQ(Model().model_id(), id);
  ASSERT_TRUE(Analyze(&response).ok());
  EXPECT_EQ(response.result().detectors(1).model_id(), id);
  daemon_->Signal(SIGTERM);
  EXPECT_EQ(daemon_->ExitCode(), 0);
}

}  // namespace
}  // namespace atomstream
