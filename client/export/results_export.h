// ResultsExport: many kept results, page by page, into one file that is resumed where it was cut
// off. Blocks; used by one thread. Memory is bounded by a page and a frame.
//
// Text formats are written as they come. HDF5 cannot be written so that a kill at any moment leaves
// it readable: its results are spooled first, and the file is made of the spool at the end.
#ifndef ATOMSTREAM_CLIENT_EXPORT_RESULTS_EXPORT_H_
#define ATOMSTREAM_CLIENT_EXPORT_RESULTS_EXPORT_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "atomstream/v1/analysis.pb.h"
#include "client/cpp/analysis_client.h"
#include "client/cpp/persist.h"
#include "client/export/export_format.h"
#include "client/export/export_state.h"
#include "client/export/partial_file.h"

namespace atomstream {

struct ResultsExportOptions {
  std::string path;
  ExportFormat format = ExportFormat::kNdjson;
  std::string request;  // the same text: the same export, which goes on if it was cut off
  v1::ResultFilter filter;
  bool newest_first = false;
  int64_t limit = 0;         // 0: all
  bool with_frames = false;  // HDF5 only
  bool overwrite = false;    // a file that is at `path`
  bool restart = false;      // drop what an interrupted export has written
  bool finish = false;       // make the file of what it has written, without asking for more
  absl::Duration timeout = absl::Seconds(60);  // of a call, with trying it again
  // Text formats: what stands first, and what a result becomes.
  std::string heading;
  std::function<std::string(const v1::FrameResult&)> text_of;
};

struct ExportProgress {
  bool making_file = false;  // of the spool; else: gathering results
  double fraction = -1;      // done, [0, 1]; negative: not known
  ExportState state;
  int64_t bytes = 0;  // written so far
};

// What the export wants of its surroundings. All but `on_step` are set.
struct ResultsExportHooks {
  std::function<void(const ExportProgress&)> on_progress;  // often
  std::function<void(const std::string&)> on_notice;       // what the user should know
  std::function<absl::Time()> now;
  std::function<bool(absl::Duration)> wait;  // false: interrupted
  std::function<bool()> interrupted;
  std::function<void(const char*)> on_step;  // see PartialFile::Options
};

class ResultsExport {
 public:
  // `client` outlives the export.
  ResultsExport(AnalysisClient* client, ResultsExportOptions options, ResultsExportHooks hooks);

  // Returns how it was when the file was whole. On errors what was gathered is kept and the next
  // run goes on, unless they say otherwise:
  //   AlreadyExists: the file is there. Aborted: another process exports to it.
  //   FailedPrecondition: what was gathered is of another request, or of an epoch that the daemon
  //   no longer has. Cancelled: interrupted. Unavailable, DeadlineExceeded: no daemon.
  absl::StatusOr<ExportState> Run();

  // After Run: whether it can be gone on with.
  bool can_go_on() const { return file_ != nullptr && file_->committed(); }

 private:
  static constexpr size_t kFramesInMind = 4096;  // results of a frame come soon one after another

  absl::Status Export();
  absl::Status CheckTarget() const;
  absl::Status Begin();
  absl::Status BeginAt(const v1::GetStatusResponse& status);
  absl::Status Gather();
  absl::Status AddPage(const v1::ListFrameResultsResponse& page);
  absl::Status AddResult(const v1::FrameResult& result);
  absl::Status AddFrame(const std::string& frame_id);
  absl::Status Flush();
  absl::Status MakeHdf5();
  absl::Status EpochChanged(const std::string& present) const;
  absl::StatusOr<v1::ListFrameResultsResponse> NextPage();
  void Report(bool making_file, double fraction);
  double FractionGathered() const;
  Persistence persistence() const { return {options_.timeout, hooks_.now, hooks_.wait}; }

  AnalysisClient& client_;
  const ResultsExportOptions options_;
  const ResultsExportHooks hooks_;
  std::unique_ptr<PartialFile> file_;
  ExportState state_;
  v1::ListFrameResultsRequest request_;
  bool counts_numbers_ = false;  // no filter: numbers between results should have results
  int64_t oldest_ = 0;           // in the store at the start
  int64_t newest_ = 0;           // likewise
  std::string buffer_;           // not yet appended
  std::unordered_set<std::string> frames_;  // asked for lately
  std::deque<std::string> frame_order_;     // the same, the oldest first
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_EXPORT_RESULTS_EXPORT_H_
