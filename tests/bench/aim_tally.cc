#include "tests/bench/aim_tally.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace atomstream::bench {

void AimTally::Add(const std::vector<std::string>& missed) {
  ++rows_;
  rows_missing_ += !missed.empty();
  missed_.insert(missed_.end(), missed.begin(), missed.end());
}

std::string AimTally::Report(bool json) const {
  if (json) {
    const std::string lines = absl::StrJoin(
        missed_, ", ",
        [](std::string* out, const std::string& line) { absl::StrAppend(out, "\"", line, "\""); });
    return absl::StrFormat("{\"rows\": %d, \"rows_missing_an_aim\": %d, \"missed\": [%s]}\n", rows_,
                           rows_missing_, lines);
  }
  std::string report = absl::StrFormat("%d of %d rows miss an aim\n", rows_missing_, rows_);
  for (const std::string& line : missed_) absl::StrAppend(&report, "  ", line, "\n");
  return report;
}

}  // namespace atomstream::bench
