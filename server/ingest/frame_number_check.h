// FrameNumberCheck: refuses frames whose number does not rise, so that no frame is analysed twice
// or out of order. Not thread-safe.
//
// A source that starts to count anew is recognised in two ways: Reset() after its link was lost,
// and kRestartRun refused numbers that rise among themselves (a bridge that restarted its
// acquisition without closing the stream must not be refused for ever).
#ifndef ATOMSTREAM_SERVER_INGEST_FRAME_NUMBER_CHECK_H_
#define ATOMSTREAM_SERVER_INGEST_FRAME_NUMBER_CHECK_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"

namespace atomstream {

class FrameNumberCheck {
 public:
  static constexpr int kRestartRun = 8;

  // OK: take the frame. InvalidArgument names frame_number, its value and the last one taken.
  absl::Status Check(int64_t number);

  // The next number is right, whatever it is.
  void Reset();

 private:
  std::optional<int64_t> last_taken_;
  int64_t last_refused_ = 0;
  int refused_rising_ = 0;  // length of the run of refused numbers that ends with last_refused_
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_INGEST_FRAME_NUMBER_CHECK_H_
