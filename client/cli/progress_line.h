// ProgressLine: how far a long command is: on a terminal a line with a bar that is drawn anew in
// place, elsewhere a plain line now and then. Not thread-safe.
#ifndef ATOMSTREAM_CLIENT_CLI_PROGRESS_LINE_H_
#define ATOMSTREAM_CLIENT_CLI_PROGRESS_LINE_H_

#include <functional>
#include <ostream>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace atomstream {

class ProgressLine {
 public:
  ProgressLine(std::ostream& out, bool terminal, std::function<absl::Time()> now)
      : out_(out), terminal_(terminal), now_(std::move(now)) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { Clear(); }

  // `what` is being done, `fraction` of it (negative: not known) is; `detail` follows. Shown only
  // if the last one is long enough ago.
  void Show(absl::string_view what, double fraction, absl::string_view detail);

  // A line that stays.
  void Note(absl::string_view text);

  // Nothing is left of the bar.
  void Clear();

 private:
  std::string TimeLeft(double fraction, absl::Time now) const;

  std::ostream& out_;
  const bool terminal_;
  const std::function<absl::Time()> now_;
  bool drawn_ = false;
  absl::Time shown_ = absl::InfinitePast();
  std::string what_;            // of the last Show
  absl::Time first_time_;       // when the first fraction of what_ was told …
  double first_fraction_ = -1;  // … and what it was
};

}  // namespace atomstream

#endif  // ATOMSTREAM_CLIENT_CLI_PROGRESS_LINE_H_
