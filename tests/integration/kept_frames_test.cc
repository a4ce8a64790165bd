// Frames on disk and previews, over real connections and over restarts of the daemon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "atomstream/v1/steering.grpc.pb.h"
#include "server/codec/frame_codec.h"
#include "server/codec/frame_preview.h"
#include "server/journal/hash.h"
#include "tests/integration/daemon_harness.h"

namespace atomstream {
namespace {

using testing::HasSubstr;

constexpr int kSide = 300;

// Noise of 16 bits, so that it hardly gets smaller, and a header that says something everywhere.
v1::Frame NoiseFrame(const std::string& id, int64_t number) {
  v1::Frame frame;
  frame.set_frame_id(id);
  frame.set_frame_number(number);
  frame.mutable_acquisition_time()->set_seconds(1'700'000'000 + number);
  frame.mutable_acquisition_time()->set_nanos(123'456'789);
  frame.set_detector("HAADF");
  frame.set_width_px(kSide);
  frame.set_height_px(kSide);
  frame.set_pixel_type(v1::PIXEL_TYPE_U16);
  std::mt19937 random(static_cast<unsigned>(number));
  std::string pixels(size_t{2} * kSide * kSide, '\0');
  for (char& byte : pixels) byte = static_cast<char>(random());
  frame.set_pixels(pixels);
  frame.set_pixel_size_nm(0.0123456789);
  frame.mutable_dwell_time()->set_nanos(1700);
  for (const float x : {3.25f, 23.5f}) {
    frame.mutable_ground_truth()->add_x_px(x);
    frame.mutable_ground_truth()->add_y_px(4.5f);
    frame.mutable_ground_truth()->add_species(0);
  }
  return frame;
}

class KeptFramesTest : public testing::Test {
 protected:
  KeptFramesTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    Restart();
  }
  ~KeptFramesTest() override {
    harness_.reset();
    std::filesystem::remove_all(folder_);
  }

  // A daemon that has just been started on what the one before it left.
  void Restart() {
    harness_.reset();
    HarnessOptions options;
    options.daemon.history.path = folder_ + "/history";
    options.daemon.history.max_results = 1000;
    options.daemon.history.max_frame_mib = max_frame_mib_;
    options.daemon.history.max_kept_frame_mib = max_kept_frame_mib_;
    options.detect = [this](const Frame& frame, const WarmStart*) { return Detect(frame); };
    harness_ = std::make_unique<DaemonHarness>(std::move(options));
  }

  // As long as a detector usually takes: until the frame is on disk. A result that is ready before
  // its frame is even hashed does not name it.
  absl::StatusOr<LogStarResult> Detect(const Frame& frame) const {
    const auto sha256 = Sha256(FrameToProto(frame).SerializeAsString());
    EXPECT_TRUE(sha256.ok()) << sha256.status();
    const std::string hex = absl::BytesToHexString(*sha256);
    const std::string path = absl::StrCat(folder_, "/history.frames/", hex.substr(0, 2), "/", hex);
    while (max_kept_frame_mib_ > 0 && !std::filesystem::exists(path)) std::this_thread::yield();
    LogStarResult result;
    result.atoms.push_back({.x_px = 3, .y_px = 4});
    result.front.push_back({.qc = 0.25, .er = 0.125, .params = {}});
    result.chosen = 0;
    result.chosen_by = "knee";
    return result;
  }

  void Analyze(const v1::Frame& frame) {
    grpc::ClientContext context;
    v1::AnalyzeFrameRequest request;
    *request.mutable_frame() = frame;
    v1::AnalyzeFrameResponse response;
    const grpc::Status status = harness_->stub().AnalyzeFrame(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  grpc::Status GetFrame(const std::string& id, v1::GetFrameResponse* response,
                        int max_side_px = 0) {
    grpc::ClientContext context;
    v1::GetFrameRequest request;
    request.set_frame_id(id);
    request.set_max_side_px(max_side_px);
    return harness_->stub().GetFrame(&context, request, response);
  }

  std::vector<std::string> FilesOnDisk() {
    std::vector<std::string> files;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder_ + "/history.frames")) {
      if (entry.is_regular_file()) files.push_back(entry.path().string());
    }
    return files;
  }

  v1::StoreStatus StoreStatus() {
    grpc::ClientContext context;
    v1::GetStatusResponse response;
    EXPECT_TRUE(harness_->stub().GetStatus(&context, {}, &response).ok());
    return response.store();
  }

  const std::string folder_ =
      absl::StrCat(testing::TempDir(), "atomstream_kept_frames_", getpid(), "_",
                   testing::UnitTest::GetInstance()->current_test_info()->name());
  int max_frame_mib_ = 64;
  int max_kept_frame_mib_ = 64;
  std::unique_ptr<DaemonHarness> harness_;
};

TEST_F(KeptFramesTest, AFrameFromBeforeARestartIsGivenBitForBit) {
  for (int number = 1; number <= 3; ++number) {
    Analyze(NoiseFrame(absl::StrCat("frame-", number), number));
  }
  std::vector<v1::GetFrameResponse> before(3);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(GetFrame(absl::StrCat("frame-", i + 1), &before[i]).ok());
    EXPECT_EQ(before[i].frame().pixels(), NoiseFrame("", i + 1).pixels());
  }
  v1::GetFrameResponse small;
  ASSERT_TRUE(GetFrame("frame-2", &small, 64).ok());
  Restart();
  for (int i = 0; i < 3; ++i) {
    v1::GetFrameResponse after;
    const grpc::Status status = GetFrame(absl::StrCat("frame-", i + 1), &after);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(after.SerializeAsString(), before[i].SerializeAsString());
    EXPECT_FALSE(after.frame().has_ground_truth());
  }
  v1::GetFrameResponse after;
  ASSERT_TRUE(GetFrame("frame-2", &after, 64).ok());
  EXPECT_EQ(after.SerializeAsString(), small.SerializeAsString());
  // The newest that has a result.
  ASSERT_TRUE(GetFrame("", &after).ok());
  EXPECT_EQ(after.frame().frame_id(), "frame-3");
  EXPECT_EQ(StoreStatus().kept_frames(), 3);
  EXPECT_GT(StoreStatus().kept_frame_bytes(), 3 * 2 * kSide * kSide * 9 / 10);
}

TEST_F(KeptFramesTest, TheBudgetIsKeptAndTheOldestGo) {
  max_kept_frame_mib_ = 1;
  Restart();
  constexpr int kFrames = 12;  // of 176 KiB
  for (int number = 1; number <= kFrames; ++number) {
    Analyze(NoiseFrame(absl::StrCat("frame-", number), number));
  }
  Restart();
  EXPECT_LE(StoreStatus().kept_frame_bytes(), 1 << 20);
  EXPECT_EQ(StoreStatus().kept_frames(), 5);
  EXPECT_EQ(FilesOnDisk().size(), 5u);
  v1::GetFrameResponse response;
  EXPECT_TRUE(GetFrame(absl::StrCat("frame-", kFrames), &response).ok());
  const grpc::Status gone = GetFrame("frame-1", &response);
  EXPECT_EQ(gone.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(gone.error_message(),
              HasSubstr("frame_id = frame-1: its pixels are no longer on disk, or could not be "
                        "written (history.max_kept_frame_mib = 1 keeps the newest)"));
  EXPECT_EQ(ErrorInfoOf(gone).reason(), "FRAME_NOT_FOUND");
}

TEST_F(KeptFramesTest, ADamagedFrameIsDataLossAndTheDaemonServesOn) {
  Analyze(NoiseFrame("frame-1", 1));
  Restart();
  const std::vector<std::string> files = FilesOnDisk();
  ASSERT_EQ(files.size(), 1u);
  {
    std::fstream file(files[0], std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(1000);
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(1000);
    file.put(byte);
  }
  v1::GetFrameResponse response;
  const grpc::Status status = GetFrame("frame-1", &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DATA_LOSS) << status.error_message();
  EXPECT_EQ(ErrorInfoOf(status).reason(), "FRAME_DAMAGED");
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("value"), "frame-1");
  EXPECT_EQ(response.frame().pixels(), "");
  Analyze(NoiseFrame("frame-2", 2));
  EXPECT_TRUE(GetFrame("frame-2", &response).ok());
}

TEST_F(KeptFramesTest, AFrameFromBeforeARestartCanBeReprocessed) {
  Analyze(NoiseFrame("frame-1", 1));
  Restart();
  const auto steering = v1::Steering::NewStub(harness_->NewChannel());
  v1::ReprocessFrameRequest request;
  v1::ReprocessFrameResponse response;
  {
    grpc::ClientContext context;
    request.set_frame_id("frame-1");
    const grpc::Status status = steering->ReprocessFrame(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  EXPECT_EQ(response.result().frame_id(), "frame-1");
  EXPECT_EQ(response.result().supersedes_sequence(), 1);
  // With its truth, which clients are not told.
  EXPECT_EQ(response.result().evaluations_size(), 1);
  grpc::ClientContext context;
  request.set_frame_id("never");
  const grpc::Status missing = steering->ReprocessFrame(&context, request, &response);
  EXPECT_EQ(missing.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ErrorInfoOf(missing).reason(), "FRAME_NOT_FOUND");
}

// What a subscriber who wants previews should get with this frame's results.
std::string PreviewOf(const v1::Frame& frame) {
  return ResultPreviewOf((*FrameFromProto(frame, "unnamed"))->image()).SerializeAsString();
}

v1::SubscribeRequest WithParts(const std::vector<v1::ResultPart>& parts) {
  v1::SubscribeRequest request;
  request.set_policy(v1::DELIVERY_POLICY_QUEUE);
  for (const v1::ResultPart part : parts) request.add_parts(part);
  return request;
}

TEST_F(KeptFramesTest, PreviewsComeWithResultsForThoseWhoNameThem) {
  const std::vector<v1::ResultPart> all = {v1::RESULT_PART_ATOMS,     v1::RESULT_PART_FRONT,
                                           v1::RESULT_PART_WINDOWS,   v1::RESULT_PART_CLUSTERS,
                                           v1::RESULT_PART_STRUCTURE, v1::RESULT_PART_PREVIEW};
  const std::vector<std::vector<v1::ResultPart>> wanted = {
      {}, {v1::RESULT_PART_ATOMS}, {v1::RESULT_PART_PREVIEW}, all};
  std::vector<grpc::ClientContext> contexts(wanted.size());
  std::vector<std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>>> readers;
  for (size_t i = 0; i < wanted.size(); ++i) {
    readers.push_back(harness_->Subscribe(&contexts[i], WithParts(wanted[i])));
  }
  const v1::Frame frame = NoiseFrame("frame-1", 1);
  Analyze(frame);
  std::vector<v1::FrameResult> results(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    ASSERT_TRUE(ReadResult(*readers[i], &results[i]));
    contexts[i].TryCancel();
  }
  EXPECT_FALSE(results[0].has_preview());
  EXPECT_FALSE(results[1].has_preview());
  EXPECT_EQ(results[2].preview().SerializeAsString(), PreviewOf(frame));
  EXPECT_EQ(results[2].preview().width_px(), 150);
  EXPECT_EQ(results[2].detectors(0).atoms().x_px_size(), 0);
  EXPECT_EQ(results[3].preview().SerializeAsString(), PreviewOf(frame));
  // But for the preview all parts are the whole result.
  results[3].clear_preview();
  EXPECT_EQ(results[3].SerializeAsString(), results[0].SerializeAsString());
}

TEST_F(KeptFramesTest, PreviewsOfWhatWasMissedComeFromDisk) {
  for (int number = 1; number <= 5; ++number) {
    Analyze(NoiseFrame(absl::StrCat("frame-", number), number));
  }
  Restart();
  v1::SubscribeRequest request = WithParts({v1::RESULT_PART_PREVIEW});
  request.mutable_resume_after()->set_sequence(0);
  grpc::ClientContext context;
  auto reader = harness_->Subscribe(&context, request);
  for (int number = 1; number <= 5; ++number) {
    v1::FrameResult result;
    ASSERT_TRUE(ReadResult(*reader, &result));
    EXPECT_EQ(result.position().sequence(), number);
    EXPECT_EQ(result.preview().SerializeAsString(), PreviewOf(NoiseFrame("", number)));
  }
  context.TryCancel();

  v1::ListFrameResultsRequest list;
  list.add_parts(v1::RESULT_PART_PREVIEW);
  grpc::ClientContext list_context;
  v1::ListFrameResultsResponse page;
  ASSERT_TRUE(harness_->stub().ListFrameResults(&list_context, list, &page).ok());
  ASSERT_EQ(page.results_size(), 5);
  EXPECT_EQ(page.results(4).preview().SerializeAsString(), PreviewOf(NoiseFrame("", 5)));
}

TEST_F(KeptFramesTest, WithoutTheFrameAResultComesWithoutAPreview) {
  max_frame_mib_ = 0;
  max_kept_frame_mib_ = 0;
  Restart();
  grpc::ClientContext context;
  auto reader = harness_->Subscribe(&context, WithParts({v1::RESULT_PART_PREVIEW}));
  Analyze(NoiseFrame("frame-1", 1));
  v1::FrameResult result;
  ASSERT_TRUE(ReadResult(*reader, &result));
  EXPECT_EQ(result.frame_id(), "frame-1");
  EXPECT_FALSE(result.has_preview());
  context.TryCancel();
}

}  // namespace
}  // namespace atomstream
