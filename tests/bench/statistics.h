// Statistics of repeated measurements. Pure functions.
#ifndef ATOMSTREAM_TESTS_BENCH_STATISTICS_H_
#define ATOMSTREAM_TESTS_BENCH_STATISTICS_H_

#include <vector>

namespace atomstream::bench {

// Mean and spread over the seeds of a row.
struct Statistic {
  double mean = 0;
  double deviation = 0;  // standard deviation of the sample (n - 1); 0 with one value
};

// `values` must not be empty.
Statistic StatisticOf(const std::vector<double>& values);

// Times have long tails: their middle and their quartiles are what is reported.
struct Quartiles {
  double lower = 0, median = 0, upper = 0;
};

// Linear between the sorted values, as NumPy's default. `values` must not be empty; `share` in
// [0, 1].
double QuantileOf(std::vector<double> values, double share);
Quartiles QuartilesOf(std::vector<double> values);

}  // namespace atomstream::bench

#endif  // ATOMSTREAM_TESTS_BENCH_STATISTICS_H_
