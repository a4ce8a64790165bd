#include "client/cli/export_data.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/result_view.h"
#include "client/cpp/steering_client.h"
#include "core/base/status_macros.h"

namespace atomstream {
namespace {

// Results looked through for the newest of a detector: the U-Net leaves out frames.
constexpr int kMaxLookBack = 200;
// More than a figure shows, so that a great frame need not come whole.
constexpr int kMaxSidePx = 2048;

int IndexOf(const v1::FrameResult& result, const std::string& detector) {
  for (int i = 0; i < result.detectors_size(); ++i) {
    if (result.detectors(i).detector() == detector) return i;
  }
  return -1;
}

// What the summary knows of a detector that the result does not hold.
absl::Status WhyMissing(const v1::FrameResult& result, const std::string& detector) {
  std::string why = "was not asked for this frame";
  for (const v1::DetectorSummary& summary : result.summary().detectors()) {
    if (summary.detector() != detector) continue;
    why = summary.state() == v1::DETECTOR_STATE_DONE
              ? "its result is no longer kept"
              : absl::StrCat(DetectorStateText(summary.state()),
                             summary.reason().empty() ? "" : ": ", summary.reason());
  }
  return absl::NotFoundError(
      absl::StrCat("frame ", result.frame_id(), ": no result of ", detector, ": ", why));
}

absl::StatusOr<ExportData> WithDetector(v1::FrameResult result, const std::string& detector) {
  ExportData data;
  data.detector = IndexOf(result, detector);
  if (data.detector < 0) return WhyMissing(result, detector);
  const std::string& error = result.detectors(data.detector).error();
  if (!error.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("frame ", result.frame_id(), ": ", detector, " failed: ", error));
  }
  data.result = std::move(result);
  return data;
}

absl::Status FetchFrame(AnalysisClient& client, absl::Duration timeout, ExportData& data) {
  v1::GetFrameRequest request;
  request.set_frame_id(data.result.frame_id());
  if (std::max(data.result.width_px(), data.result.height_px()) > kMaxSidePx) {
    request.set_max_side_px(kMaxSidePx);
  }
  ASSIGN_OR_RETURN(v1::GetFrameResponse response, client.GetFrame(request, timeout));
  data.frame = std::move(*response.mutable_frame());
  return absl::OkStatus();
}

absl::StatusOr<ExportData> FetchNewest(AnalysisClient& client, const std::string& detector,
                                       absl::Duration timeout) {
  ASSIGN_OR_RETURN(const v1::GetStatusResponse status, client.GetStatus(timeout));
  v1::GetFrameResultRequest request;
  *request.mutable_position() = status.newest();
  const int64_t oldest =
      std::max(status.oldest().sequence(), status.newest().sequence() - kMaxLookBack + 1);
  absl::Status last = absl::NotFoundError("the daemon has no results yet");
  for (int64_t sequence = status.newest().sequence(); sequence > 0 && sequence >= oldest;
       --sequence) {
    request.mutable_position()->set_sequence(sequence);
    absl::StatusOr<v1::FrameResult> result = client.GetFrameResult(request, timeout);
    // Old results may go while they are looked through.
    if (absl::IsNotFound(result.status())) break;
    if (!result.ok()) return result.status();
    absl::StatusOr<ExportData> data = WithDetector(*std::move(result), detector);
    if (!data.ok()) {
      last = absl::NotFoundError(
          absl::StrCat("none of the newest results is one of ", detector, " without error"));
      continue;
    }
    const absl::Status frame = FetchFrame(client, timeout, *data);
    // Frames before this one are not kept either.
    if (!frame.ok()) return frame;
    return data;
  }
  return last;
}

}  // namespace

absl::StatusOr<ExportData> FetchExportData(AnalysisClient& client, const std::string& frame_id,
                                           const std::string& detector, absl::Duration timeout) {
  if (frame_id.empty()) return FetchNewest(client, detector, timeout);
  v1::GetFrameResultRequest request;
  request.set_frame_id(frame_id);
  ASSIGN_OR_RETURN(v1::FrameResult result, client.GetFrameResult(request, timeout));
  ASSIGN_OR_RETURN(ExportData data, WithDetector(std::move(result), detector));
  RETURN_IF_ERROR(FetchFrame(client, timeout, data));
  return data;
}

absl::StatusOr<ExportData> AnalyzeForExport(AnalysisClient& client, v1::Frame frame,
                                            const std::string& detector, absl::Duration timeout) {
  v1::AnalyzeFrameRequest request;
  request.add_detectors(detector);
  *request.mutable_frame() = std::move(frame);
  ASSIGN_OR_RETURN(v1::FrameResult result, client.AnalyzeFrame(request, timeout));
  ASSIGN_OR_RETURN(ExportData data, WithDetector(std::move(result), detector));
  data.frame = std::move(*request.mutable_frame());
  return data;
}

std::vector<v1::WindowFront> FetchWindows(const std::shared_ptr<grpc::Channel>& channel,
                                          const ExportData& data, absl::Duration timeout) {
  const v1::DetectorResult& detector = data.result.detectors(data.detector);
  v1::GetParetoFrontRequest request;
  *request.mutable_position() = data.result.position();
  for (const v1::DetectorSummary& summary : data.result.summary().detectors()) {
    if (summary.detector() == detector.detector() && summary.sequence() > 0) {
      request.mutable_position()->set_sequence(summary.sequence());
    }
  }
  const auto response = SteeringClient::Create(channel)->GetParetoFront(request, timeout);
  if (!response.ok()) return {};
  return {response->windows().begin(), response->windows().end()};
}

}  // namespace atomstream
