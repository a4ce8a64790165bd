// `atomstream export` against a fake daemon: what it asks for, what it writes, what it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "atomstream/v1/analysis.grpc.pb.h"
#include "atomstream/v1/steering.grpc.pb.h"
#include "client/cli/cli_command.h"
#include "client/cpp/image_file.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "tests/client/figure/example_result.h"
#include "tests/client/image_fixtures.h"

namespace atomstream {
namespace {

using ::testing::HasSubstr;

// A daemon with three results: 1 of log_star, 2 of log_star whose frame is gone, 3 of the U-Net,
// which failed. Calls are made one after the other.
class FakeDaemon final : public v1::Analysis::Service, public v1::Steering::Service {
 public:
  FakeDaemon() {
    example_ = figure::MakeExample({.width_px = 128, .height_px = 128});
    example_.result.mutable_position()->set_epoch("e");
    example_.result.mutable_position()->set_sequence(1);
    v1::DetectorSummary& summary = *example_.result.mutable_summary()->add_detectors();
    summary.set_detector("log_star");
    summary.set_state(v1::DETECTOR_STATE_DONE);
    summary.set_sequence(1);
    v1::DetectorSummary& unet = *example_.result.mutable_summary()->add_detectors();
    unet.set_detector("unet");
    unet.set_state(v1::DETECTOR_STATE_SKIPPED);
    unet.set_reason("busy");
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(static_cast<v1::Analysis::Service*>(this));
    builder.RegisterService(static_cast<v1::Steering::Service*>(this));
    server_ = builder.BuildAndStart();
  }
  ~FakeDaemon() override { server_->Shutdown(std::chrono::system_clock::now()); }

  grpc::Status GetStatus(grpc::ServerContext*, const v1::GetStatusRequest*,
                         v1::GetStatusResponse* response) override {
    if (!empty) {
      *response->mutable_newest() = example_.result.position();
      response->mutable_newest()->set_sequence(newest);
      *response->mutable_oldest() = example_.result.position();
    }
    return grpc::Status::OK;
  }

  grpc::Status GetFrameResult(grpc::ServerContext*, const v1::GetFrameResultRequest* request,
                              v1::GetFrameResultResponse* response) override {
    if (!request->frame_id().empty() && request->frame_id() != example_.result.frame_id()) {
      return {grpc::StatusCode::NOT_FOUND, "no result of this frame"};
    }
    *response->mutable_result() = example_.result;
    if (request->position().sequence() == 3) {
      v1::DetectorResult& detector = *response->mutable_result()->mutable_detectors(0);
      detector.Clear();
      detector.set_detector("unet");
      detector.set_error("out of memory");
    }
    return grpc::Status::OK;
  }

  grpc::Status GetFrame(grpc::ServerContext*, const v1::GetFrameRequest* request,
                        v1::GetFrameResponse* response) override {
    if (frame_gone) return {grpc::StatusCode::NOT_FOUND, "the frame is no longer kept"};
    asked_for = request->frame_id();
    *response->mutable_frame() = example_.frame;
    response->set_reduction(1);
    return grpc::Status::OK;
  }

  grpc::Status GetParetoFront(grpc::ServerContext*, const v1::GetParetoFrontRequest* request,
                              v1::GetParetoFrontResponse*) override {
    front_of = request->position().sequence();
    return {grpc::StatusCode::UNIMPLEMENTED, ""};
  }

  grpc::Status AnalyzeFrame(grpc::ServerContext*, const v1::AnalyzeFrameRequest* request,
                            v1::AnalyzeFrameResponse* response) override {
    asked_for = request->frame().frame_id();
    *response->mutable_result() = example_.result;
    response->mutable_result()->set_frame_id(request->frame().frame_id());
    response->mutable_result()->set_width_px(request->frame().width_px());
    response->mutable_result()->set_height_px(request->frame().height_px());
    return grpc::Status::OK;
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  bool empty = false;
  bool frame_gone = false;
  int64_t newest = 1;
  std::string asked_for;
  int64_t front_of = 0;

 private:
  figure::ExampleFrame example_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class ExportCommandTest : public testing::Test {
 protected:
  int Export(std::vector<std::string> arguments) {
    arguments.push_back("--server=" + daemon_.address());
    arguments.push_back("--width_px=600");
    out_.str("");
    err_.str("");
    return ExportCommand(arguments, {out_, err_, {}});
  }

  std::string Path(const std::string& name) { return folder_ / name; }

  std::string Contents(const std::string& name) {
    std::ifstream file(Path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  size_t Files() {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(Path("")), {}));
  }

  FakeDaemon daemon_;
  TempFolder folder_;
  std::ostringstream out_, err_;
};

TEST_F(ExportCommandTest, DrawsTheNewestFrame) {
  ASSERT_EQ(Export({"--output=" + Path("a.png")}), kExitOk) << err_.str();
  EXPECT_EQ(Contents("a.png").substr(1, 3), "PNG");
  EXPECT_THAT(out_.str(), HasSubstr("frame example-000042, log_star"));
  EXPECT_THAT(out_.str(), HasSubstr("3 clusters"));
  EXPECT_EQ(daemon_.asked_for, "example-000042");
  EXPECT_EQ(daemon_.front_of, 1);
  EXPECT_EQ(Files(), 1u);
}

TEST_F(ExportCommandTest, DrawsANamedFrameAsItsExtensionSays) {
  ASSERT_EQ(Export({"example-000042", "--figure=clusters", "--output", Path("a.svg")}), kExitOk)
      << err_.str();
  EXPECT_EQ(Contents("a.svg").substr(0, 5), "<?xml");
  EXPECT_EQ(daemon_.front_of, 0);  // the figure shows no windows
  ASSERT_EQ(Export({"example-000042", "--output", Path("a.pdf")}), kExitOk) << err_.str();
  EXPECT_EQ(Contents("a.pdf").substr(0, 4), "%PDF");
  ASSERT_EQ(Export({"--format=svg", "--output", Path("picture")}), kExitOk) << err_.str();
  EXPECT_EQ(Contents("picture").substr(0, 5), "<?xml");
}

TEST_F(ExportCommandTest, PassesOverNewerResultsOfTheOtherDetector) {
  daemon_.newest = 3;
  EXPECT_EQ(Export({"--output=" + Path("a.png")}), kExitOk) << err_.str();
}

TEST_F(ExportCommandTest, OverwritesOnlyWhenForced) {
  std::ofstream(Path("a.png")) << "precious";
  EXPECT_EQ(Export({"--output=" + Path("a.png")}), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("a.png: File exists; --force overwrites it"));
  EXPECT_EQ(Contents("a.png"), "precious");
  EXPECT_EQ(Export({"--output=" + Path("a.png"), "--force"}), kExitOk) << err_.str();
  EXPECT_EQ(Contents("a.png").substr(1, 3), "PNG");
  EXPECT_EQ(Files(), 1u);
}

TEST_F(ExportCommandTest, NamesAFolderThatIsNotThere) {
  EXPECT_EQ(Export({"--output=" + Path("none/a.png")}), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("none/a.png: No such file or directory"));
}

TEST_F(ExportCommandTest, SaysWhatIsMissing) {
  EXPECT_EQ(Export({"other", "--output=" + Path("a.png")}), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("no result of this frame"));

  EXPECT_EQ(Export({"example-000042", "--detector=unet", "--output=" + Path("a.png")}),
            kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("frame example-000042: no result of unet: skipped: busy"));

  EXPECT_EQ(Export({"--detector=unet", "--output=" + Path("a.png")}), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("none of the newest results is one of unet"));

  daemon_.frame_gone = true;
  EXPECT_EQ(Export({"--output=" + Path("a.png")}), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("the frame is no longer kept"));

  daemon_.empty = true;
  EXPECT_EQ(Export({"--output=" + Path("a.png")}), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("the daemon has no results yet"));
  EXPECT_EQ(Files(), 0u);
}

TEST_F(ExportCommandTest, AnalysesAFileFirst) {
  const RawImage image{64, 32, RawImage::PixelType::kU8, std::string(64 * 32, 'x'), 0};
  ASSERT_TRUE(WriteNpy(Path("scan.npy"), {image}).ok());
  ASSERT_EQ(Export({"--frame=" + Path("scan.npy"), "--output=" + Path("a.png")}), kExitOk)
      << err_.str();
  EXPECT_EQ(daemon_.asked_for, "scan.npy#0");
  EXPECT_EQ(Export({"--frame=" + Path("none.npy"), "--output=" + Path("b.png")}), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("none.npy"));
  EXPECT_EQ(Export({"--frame=" + Path("scan.npy"), "--page=7", "--output=" + Path("b.png")}),
            kExitFailed);
}

TEST_F(ExportCommandTest, NamesWrongFlags) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{}, "no --output"},
      {{"--output=a.jpg"}, "--output = a.jpg: its name must end in .png, .svg, .pdf, .csv"},
      {{"--output=a.png", "--format=gif"}, "--format = gif: must be png, svg, pdf, csv"},
      {{"--output=a.png", "--limit=3"}, "--limit: is of data, not of pictures"},
      {{"--output=a.png", "--min_atoms=3"}, "--min_atoms=3: chooses data"},
      {{"--output=a.csv"}, "--width_px: is of pictures, not of data"},
      {{"--output=a.png", "--figure=7"}, "--figure = 7: must be clusters, steering or all"},
      {{"--output=a.png", "--detector=yolo"}, "--detector = yolo: must be log_star, unet or both"},
      {{"--output=a.png", "--colour_by=mood"}, "--colour_by = mood: must be auto"},
      {{"--output=a.png", "a", "b"}, "unexpected argument: b"},
      {{"--output=a.png", "a", "--frame=b.npy"}, "either FRAME_ID or --frame"}};
  for (const auto& [arguments, message] : cases) {
    EXPECT_EQ(Export(arguments), kExitUsage) << message;
    EXPECT_THAT(err_.str(), HasSubstr(message));
  }
  std::ostringstream out, err;
  EXPECT_EQ(ExportCommand({"--output=a.png", "--width_px=5"}, {out, err, {}}), kExitUsage);
  EXPECT_THAT(err.str(), HasSubstr("--width_px = 5: must be in [600, 8000]"));
}

}  // namespace
}  // namespace atomstream
