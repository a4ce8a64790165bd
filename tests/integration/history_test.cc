// The history over a real connection: filters and pages, and exports of it.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "client/cpp/analysis_client.h"
#include "client/export/results_export.h"
#include "client/export/xyz_text.h"
#include "tests/client/image_fixtures.h"
#include "tests/integration/daemon_harness.h"

namespace atomstream {
namespace {

using ::testing::ElementsAre;

class HistoryCallTest : public testing::Test {
 protected:
  HistoryCallTest() : harness_(Options()) {
    for (int i = 1; i <= 5; ++i) {
      v1::AnalyzeFrameRequest request;
      *request.mutable_frame() = ValidFrame(absl::StrCat("f", i));
      request.mutable_frame()->mutable_acquisition_time()->set_seconds(1000 + i);
      grpc::ClientContext context;
      v1::AnalyzeFrameResponse response;
      EXPECT_TRUE(harness_.stub().AnalyzeFrame(&context, request, &response).ok());
    }
  }

  static HarnessOptions Options() {
    HarnessOptions options;
    options.with_source = false;
    return options;
  }

  grpc::Status List(const v1::ListFrameResultsRequest& request,
                    v1::ListFrameResultsResponse* page) {
    grpc::ClientContext context;
    return harness_.stub().ListFrameResults(&context, request, page);
  }

  google::rpc::ErrorInfo Refusal(const v1::ListFrameResultsRequest& request) {
    v1::ListFrameResultsResponse page;
    const grpc::Status status = List(request, &page);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    return ErrorInfoOf(status);
  }

  absl::StatusOr<ExportState> Export(const std::string& path, ExportFormat format) {
    const auto client = AnalysisClient::Create(harness_.NewChannel());
    ResultsExportOptions options;
    options.path = path;
    options.format = format;
    options.request = "test";
    options.with_frames = format == ExportFormat::kHdf5;
    options.text_of = &ExtxyzText;
    ResultsExportHooks hooks;
    hooks.on_progress = [](const ExportProgress&) {};
    hooks.on_notice = [](const std::string&) {};
    hooks.now = &absl::Now;
    hooks.wait = [](absl::Duration) { return false; };
    hooks.interrupted = [] { return false; };
    return ResultsExport(client.get(), options, hooks).Run();
  }

  TempFolder folder_;
  DaemonHarness harness_;
};

TEST_F(HistoryCallTest, FiltersPagesAndTurnsTheOrderRound) {
  v1::ListFrameResultsRequest request;
  request.mutable_filter()->mutable_acquired_from()->set_seconds(1002);
  request.mutable_filter()->mutable_acquired_before()->set_seconds(1005);
  request.set_newest_first(true);
  request.set_page_size(2);
  request.add_parts(v1::RESULT_PART_ATOMS);
  std::vector<std::string> ids;
  do {
    v1::ListFrameResultsResponse page;
    ASSERT_TRUE(List(request, &page).ok());
    for (const v1::FrameResult& result : page.results()) {
      ids.push_back(result.frame_id());
      EXPECT_TRUE(result.detectors(0).has_atoms());
      EXPECT_FALSE(result.detectors(0).has_front());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(ids, ElementsAre("f4", "f3", "f2"));
}

TEST_F(HistoryCallTest, HasPreviewsOnlyWhereTheyAreNamed) {
  v1::ListFrameResultsRequest request;
  v1::ListFrameResultsResponse page;
  ASSERT_TRUE(List(request, &page).ok());
  EXPECT_FALSE(page.results(0).has_preview());
  request.add_parts(v1::RESULT_PART_PREVIEW);
  ASSERT_TRUE(List(request, &page).ok());
  ASSERT_EQ(page.results_size(), 5);
  EXPECT_EQ(page.results(4).preview().width_px(), 8);
  EXPECT_EQ(page.results(4).preview().pixels().size(), 64u);
}

TEST_F(HistoryCallTest, NamesTheReasonAndTheFieldOfARefusal) {
  v1::ListFrameResultsRequest request;
  request.mutable_filter()->set_detector("yolo");
  google::rpc::ErrorInfo info = Refusal(request);
  EXPECT_EQ(info.reason(), "FILTER_INVALID");
  EXPECT_EQ(info.metadata().at("field"), "filter.detector");
  EXPECT_EQ(info.metadata().at("value"), "yolo");
  request.clear_filter();
  request.set_page_size(2);
  v1::ListFrameResultsResponse page;
  ASSERT_TRUE(List(request, &page).ok());
  request.set_page_token(page.next_page_token());
  request.set_newest_first(true);
  info = Refusal(request);
  EXPECT_EQ(info.reason(), "PAGE_TOKEN_INVALID");
  EXPECT_EQ(info.metadata().at("field"), "page_token");
}

TEST_F(HistoryCallTest, IsExportedAsText) {
  const auto state = Export(folder_ / "out.extxyz", ExportFormat::kExtxyz);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->results, 5);
  EXPECT_EQ(state->last_sequence, 5);
  std::ifstream file(folder_ / "out.extxyz");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  int frames = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (line.find("Properties=species:S:1:pos:R:3") != absl::string_view::npos) ++frames;
  }
  EXPECT_EQ(frames, 5);
}

TEST_F(HistoryCallTest, IsExportedAsHdf5WithItsFrames) {
  const auto state = Export(folder_ / "out.h5", ExportFormat::kHdf5);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->results, 5);
  EXPECT_EQ(state->frames, 5);
  EXPECT_EQ(state->frames_missing, 0);
  EXPECT_GT(std::filesystem::file_size(folder_ / "out.h5"), 1000u);
}

}  // namespace
}  // namespace atomstream
