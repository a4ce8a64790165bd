#include "client/cli/progress_line.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace atomstream {
namespace {

constexpr absl::Duration kDrawn = absl::Milliseconds(100);
constexpr absl::Duration kPrinted = absl::Seconds(10);
constexpr absl::Duration kTooEarly = absl::Seconds(2);  // to say how long it will take
constexpr int kBarWidth = 24;

}  // namespace

void ProgressLine::Show(absl::string_view what, double fraction, absl::string_view detail) {
  const absl::Time now = now_();
  if (what != what_) {
    what_ = std::string(what);
    first_fraction_ = -1;
    // Something that is soon over needs no line.
    if (!terminal_) shown_ = now;
  }
  if (fraction >= 0 && first_fraction_ < 0) {
    first_fraction_ = fraction;
    first_time_ = now;
  }
  if (now - shown_ < (terminal_ ? kDrawn : kPrinted)) return;
  shown_ = now;
  std::string line = what_;
  if (fraction >= 0) {
    if (terminal_) {
      const int full = static_cast<int>(fraction * kBarWidth);
      absl::StrAppend(&line, " [", std::string(static_cast<size_t>(full), '#'),
                      std::string(static_cast<size_t>(kBarWidth - full), '.'), "]");
    }
    absl::StrAppendFormat(&line, " %3d %%", static_cast<int>(fraction * 100));
  }
  absl::StrAppend(&line, "  ", detail, TimeLeft(fraction, now));
  if (terminal_) {
    out_ << "\r" << line << "\x1b[K" << std::flush;
    drawn_ = true;
  } else {
    out_ << line << std::endl;
  }
}

std::string ProgressLine::TimeLeft(double fraction, absl::Time now) const {
  const double done = fraction - first_fraction_;
  if (fraction < 0 || done <= 0 || now - first_time_ < kTooEarly) return "";
  const absl::Duration left = (now - first_time_) * ((1 - fraction) / done);
  return absl::StrCat(", ", absl::FormatDuration(absl::Ceil(left, absl::Seconds(1))), " left");
}

void ProgressLine::Note(absl::string_view text) {
  Clear();
  out_ << text << std::endl;
}

void ProgressLine::Clear() {
  if (drawn_) out_ << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace atomstream
