// FakeHistory: an AnalysisClient that serves results and frames from memory, page by page, and
// fails as told. No connection. Not thread-safe.
#ifndef ATOMSTREAM_TESTS_CLIENT_EXPORT_FAKE_HISTORY_H_
#define ATOMSTREAM_TESTS_CLIENT_EXPORT_FAKE_HISTORY_H_

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/cpp/analysis_client.h"

namespace atomstream {

// A result of LoG* with `atoms` atoms and a front of one solution.
inline v1::FrameResult ResultNumber(int64_t sequence, int atoms = 2) {
  v1::FrameResult result;
  result.mutable_position()->set_epoch("e1");
  result.mutable_position()->set_sequence(sequence);
  result.set_frame_id(absl::StrCat("frame-", sequence));
  result.set_frame_number(sequence);
  result.set_origin("source");
  result.mutable_acquisition_time()->set_seconds(1'795'428'000 + sequence);
  result.set_width_px(64);
  result.set_height_px(32);
  v1::DetectorResult& detector = *result.add_detectors();
  detector.set_detector("log_star");
  detector.set_qc(0.125);
  detector.set_er(0.25);
  detector.mutable_lattice()->set_material("graphene");
  detector.mutable_lattice()->set_pixel_size_nm_used(0.02);
  v1::ParetoSolution& solution = *detector.mutable_front()->add_solutions();
  solution.set_qc(0.5);
  solution.mutable_params()->set_num_sigma(7);
  v1::AtomTable& table = *detector.mutable_atoms();
  for (int i = 0; i < atoms; ++i) {
    table.add_x_px(static_cast<float>(sequence) + 0.5f * static_cast<float>(i));
    table.add_y_px(static_cast<float>(i));
    table.add_sigma_px(1.25f);
    table.add_intensity(0.5f);
    table.add_response(0.75f);
    table.add_cluster(i - 1);
    table.add_site_kind(v1::SITE_KIND_BULK);
    table.add_coordination(3);
  }
  return result;
}

inline v1::Frame FrameOf(const std::string& frame_id, int width = 64, int height = 32) {
  v1::Frame frame;
  frame.set_frame_id(frame_id);
  frame.set_width_px(width);
  frame.set_height_px(height);
  frame.set_pixel_type(v1::PIXEL_TYPE_U8);
  frame.set_pixel_size_nm(0.02);
  frame.mutable_acquisition_time()->set_seconds(1'795'428'000);
  std::string pixels(static_cast<size_t>(width * height), '\0');
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<char>(i % 251);
  frame.set_pixels(pixels);
  return frame;
}

class FakeHistory final : public AnalysisClient {
 public:
  bool WaitUntilConnected(absl::Duration) override { return true; }
  std::unique_ptr<ResultSubscription> Subscribe(const v1::SubscribeRequest&) override {
    return nullptr;
  }
  absl::StatusOr<v1::FrameResult> AnalyzeFrame(const v1::AnalyzeFrameRequest&,
                                               absl::Duration) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<v1::FrameResult> GetFrameResult(const v1::GetFrameResultRequest&,
                                                 absl::Duration) override {
    return absl::UnimplementedError("");
  }

  // Pages of `page_size` results; a token is the index of the first.
  absl::StatusOr<v1::ListFrameResultsResponse> ListFrameResults(
      const v1::ListFrameResultsRequest& request, absl::Duration) override {
    if (const absl::Status failure = NextFailure(); !failure.ok()) return failure;
    requests.push_back(request);
    std::vector<v1::FrameResult> kept = results;
    if (request.newest_first()) std::reverse(kept.begin(), kept.end());
    size_t first = 0;
    if (!request.page_token().empty() && !absl::SimpleAtoi(request.page_token(), &first)) {
      return absl::InvalidArgumentError("page_token");
    }
    v1::ListFrameResultsResponse page;
    for (size_t i = first; i < std::min(first + page_size, kept.size()); ++i) {
      *page.add_results() = kept[i];
    }
    if (first + page_size < kept.size()) {
      page.set_next_page_token(absl::StrCat(first + page_size));
    }
    return page;
  }

  absl::StatusOr<v1::GetFrameResponse> GetFrame(const v1::GetFrameRequest& request,
                                                absl::Duration) override {
    if (const absl::Status failure = NextFailure(); !failure.ok()) return failure;
    ++frames_asked;
    const auto frame = frames.find(request.frame_id());
    if (frame == frames.end()) return absl::NotFoundError("no longer kept");
    v1::GetFrameResponse response;
    *response.mutable_frame() = frame->second;
    return response;
  }

  absl::StatusOr<v1::GetStatusResponse> GetStatus(absl::Duration) override {
    if (const absl::Status failure = NextFailure(); !failure.ok()) return failure;
    v1::GetStatusResponse status;
    for (v1::ResultPosition* position : {status.mutable_newest(), status.mutable_oldest()}) {
      position->set_epoch(epoch);
    }
    if (!results.empty()) {
      status.mutable_oldest()->set_sequence(results.front().position().sequence());
      status.mutable_newest()->set_sequence(results.back().position().sequence());
    }
    return status;
  }

  std::string epoch = "e1";
  std::vector<v1::FrameResult> results;  // by rising sequence
  std::map<std::string, v1::Frame> frames;
  size_t page_size = 3;
  std::deque<absl::Status> failures;  // of the next calls; OK: it passes
  std::vector<v1::ListFrameResultsRequest> requests;
  int frames_asked = 0;

 private:
  absl::Status NextFailure() {
    if (failures.empty()) return absl::OkStatus();
    const absl::Status failure = failures.front();
    failures.pop_front();
    return failure;
  }
};

}  // namespace atomstream

#endif  // ATOMSTREAM_TESTS_CLIENT_EXPORT_FAKE_HISTORY_H_
