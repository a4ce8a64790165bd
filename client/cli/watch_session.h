// WatchSession: what `atomstream watch` prints and counts for each event of a ResultStream, and the
// closing summary. Knows nothing of connections and time-outs. Not thread-safe.
#ifndef ATOMSTREAM_CLIENT_CLI_WATCH_SESSION_H_
#define ATOMSTREAM_CLIENT_CLI_WATCH_SESSION_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "atomstream/v1/analysis.pb.h"
#include "client/cli/cli_output.h"
#include "client/cli/json_writer.h"
#include "client/cli/result_text.h"
#include "client/cli/watch_account.h"
#include "client/cpp/result_event.h"

namespace atomstream {

class WatchSession {
 public:
  // `all_detectors`: the subscription did not choose among them.
  WatchSession(bool json, const CliOutput& output, bool all_detectors = true)
      : json_(json), output_(output), account_(all_detectors) {}

  // Prints the event; a link that is being sought is not told here. DataLoss: the books do not
  // balance. `now` is when it arrived.
  absl::Status OnEvent(const ResultEvent& event, absl::Time now);

  void PrintSummary();

  const WatchAccount& account() const { return account_; }

 private:
  static constexpr int kLinesPerHeader = 40;

  // Of one detector, for the summary.
  struct Scores {
    int64_t results = 0;
    int64_t failed = 0;
    int64_t scored = 0;
    double f1_sum = 0;
    double f1_min = 1;
    double total_ms_sum = 0;
    double total_ms_max = 0;

    void Add(const ResultView& view);
    double f1_mean() const { return scored > 0 ? f1_sum / static_cast<double>(scored) : 0; }
    double total_ms_mean() const {
      return results > 0 ? total_ms_sum / static_cast<double>(results) : 0;
    }
    void Write(JsonWriter& json) const;
    std::string Text() const;
  };

  // The event as it is to be printed.
  absl::Status Take(const ResultEvent& event, absl::Time now);
  absl::Status OnLinked(const Linked& linked);
  absl::Status OnGap(const ResultGap& gap);
  absl::Status OnResult(const v1::FrameResult& result, absl::Time now);
  void OnSource(const v1::SourceStatus& source);
  void OnSettings(const v1::SettingsChange& change);
  void OnEpochChange(const EpochChange& change);
  // Tells the U-Net's model when it is seen first and when another took its place.
  void TellModel(const v1::DetectorResult& detector);
  LossBefore LossOf(const v1::FrameResult& result);
  void WriteEpochs(JsonWriter& json) const;
  std::string EpochsText() const;
  void Print(const JsonWriter& json) { output_.out << json.text() << std::endl; }

  const bool json_;
  const CliOutput output_;
  WatchAccount account_;
  int lines_ = 0;
  bool under_unet_header_ = false;
  std::string model_;  // the newest that was told

  std::optional<int64_t> last_frame_number_;  // of the source, in this subscription
  int64_t gap_before_ = 0;                    // results declared lost since the last result

  // For the summary.
  std::optional<absl::Time> first_result_;
  absl::Time last_result_;
  int64_t lost_at_source_ = 0;
  int64_t dropped_at_admission_ = 0;
  int64_t unet_skipped_ = 0;              // frames
  int64_t made_anew_ = 0;                 // results that took the place of others
  std::map<std::string, Scores> scores_;  // by detector
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_WATCH_SESSION_H_
