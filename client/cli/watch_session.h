// WatchSession: what `atomstream watch` prints and counts for each message of a subscription, and
// the closing summary. Knows nothing of connections and time-outs. Not thread-safe.
#ifndef ATOMSTREAM_CLIENT_CLI_WATCH_SESSION_H_
#define ATOMSTREAM_CLIENT_CLI_WATCH_SESSION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "atomstream/v1/analysis.pb.h"
#include "client/cli/cli_output.h"
#include "client/cli/json_writer.h"
#include "client/cli/result_text.h"
#include "client/cli/watch_account.h"

namespace atomstream {

class WatchSession {
 public:
  WatchSession(bool json, const CliOutput& output) : json_(json), output_(output) {}

  // Prints the message. DataLoss: the books do not balance. `now` is when it arrived.
  absl::Status OnMessage(const v1::SubscribeResponse& message, absl::Time now);

  void PrintSummary();

  const WatchAccount& account() const { return account_; }

 private:
  static constexpr int kLinesPerHeader = 40;

  absl::Status OnRun(const v1::RunDescription& run);
  absl::Status OnGap(const v1::Gap& gap);
  absl::Status OnResult(const v1::FrameResult& result, absl::Time now);
  void OnSource(const v1::SourceStatus& source);
  LossBefore LossOf(const v1::FrameResult& result);
  void Print(const JsonWriter& json) { output_.out << json.text() << std::endl; }

  const bool json_;
  const CliOutput output_;
  WatchAccount account_;
  int lines_ = 0;

  std::optional<int64_t> last_frame_number_;  // of the source, in this subscription
  int64_t gap_before_ = 0;                    // results declared lost since the last result

  // For the summary.
  std::optional<absl::Time> first_result_;
  absl::Time last_result_;
  int64_t lost_at_source_ = 0;
  int64_t dropped_at_admission_ = 0;
  int64_t scored_ = 0;
  double f1_sum_ = 0;
  double f1_min_ = 1;
  double total_ms_sum_ = 0;
  double total_ms_max_ = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_WATCH_SESSION_H_
