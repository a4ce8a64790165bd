// What `atomstream export` draws, fetched from the daemon: one frame, what a detector found in it,
// and the windows' parameters. Used on the main thread.
#ifndef ATOMSTREAM_CLIENT_CLI_EXPORT_DATA_H_
#define ATOMSTREAM_CLIENT_CLI_EXPORT_DATA_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "atomstream/v1/frame.pb.h"
#include "atomstream/v1/result.pb.h"
#include "client/cpp/analysis_client.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace atomstream {

struct ExportData {
  v1::FrameResult result;
  int detector = 0;  // which of result.detectors()
  v1::Frame frame;   // or a preview of it
};

// Of `frame_id`, or of the newest frame that `detector` has finished and whose pixels are kept.
// NotFound says which of these is missing. FailedPrecondition: the detector failed on the frame.
absl::StatusOr<ExportData> FetchExportData(AnalysisClient& client, const std::string& frame_id,
                                           const std::string& detector, absl::Duration timeout);

// Sends a page of an image file, and waits for what `detector` finds.
absl::StatusOr<ExportData> AnalyzeForExport(AnalysisClient& client, v1::Frame frame,
                                            const std::string& detector, absl::Duration timeout);

// The newest fronts of all windows, which the result itself may not have searched. Empty: the
// daemon cannot tell.
std::vector<v1::WindowFront> FetchWindows(const std::shared_ptr<grpc::Channel>& channel,
                                          const ExportData& data, absl::Duration timeout);

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_EXPORT_DATA_H_
