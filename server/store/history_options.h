// HistoryOptions: what is kept of results and frames, as plain data: config.v1.HistoryConfig after
// validation.
#ifndef ATOMSTREAM_SERVER_STORE_HISTORY_OPTIONS_H_
#define ATOMSTREAM_SERVER_STORE_HISTORY_OPTIONS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace atomstream {

struct HistoryOptions {
  static constexpr int kResultsInMemory = 1000;
  static constexpr int kResultsOnDisk = 1'000'000;

  int max_results = kResultsInMemory;
  int max_frame_mib = 256;  // in memory; 0: none are kept
  std::string path;         // empty: results are kept in memory; else what follows counts, too
  int64_t max_result_mib = 16384;                     // 0: no bound
  absl::Duration max_age = absl::InfiniteDuration();  // of results
  int64_t max_kept_frame_mib = 0;                     // on disk; 0: none are kept
  absl::Duration check_time = absl::Seconds(2);       // at the start
  int max_waiting_mib = 64;                           // while the disk is full
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_STORE_HISTORY_OPTIONS_H_
