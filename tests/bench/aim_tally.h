// AimTally: counts the rows of a report that miss one of the project's aims. Plain value.
#ifndef ATOMSTREAM_TESTS_BENCH_AIM_TALLY_H_
#define ATOMSTREAM_TESTS_BENCH_AIM_TALLY_H_

#include <string>
#include <vector>

namespace atomstream::bench {

class AimTally {
 public:
  // One row of the report, with a line for each aim that it misses.
  void Add(const std::vector<std::string>& missed);

  // "1 of 5 rows miss an aim" and the lines, or one JSON object with the same; ends with a newline.
  std::string Report(bool json) const;

 private:
  int rows_ = 0;
  int rows_missing_ = 0;
  std::vector<std::string> missed_;
};

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_AIM_TALLY_H_
