// DetectorOutcomes: which detectors fail on every frame, for HealthMonitor. Thread-safe.
#ifndef ATOMSTREAM_SERVER_HEALTH_DETECTOR_OUTCOMES_H_
#define ATOMSTREAM_SERVER_HEALTH_DETECTOR_OUTCOMES_H_

#include <array>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/mutex.h"
#include "server/record/detector_kind.h"

namespace atomstream {

class DetectorOutcomes {
 public:
  // One bad frame is the frame's fault; so many one after another are the detector's.
  static constexpr int kBroken = 10;

  void Add(DetectorKind kind, const absl::Status& status) {
    MutexLock lock(&mutex_);
    Failures& failures = failures_[static_cast<size_t>(kind)];
    failures.in_a_row = status.ok() ? 0 : failures.in_a_row + 1;
    failures.last = status;
  }

  // For a person; empty: none.
  std::string Broken() const {
    MutexLock lock(&mutex_);
    std::string text;
    for (size_t i = 0; i < failures_.size(); ++i) {
      if (failures_[i].in_a_row < kBroken) continue;
      absl::StrAppend(&text, text.empty() ? "" : "; ", DetectorName(static_cast<DetectorKind>(i)),
                      " failed on its last ", failures_[i].in_a_row,
                      " frames: ", failures_[i].last.ToString());
    }
    return text;
  }

 private:
  struct Failures {
    int64_t in_a_row = 0;
    absl::Status last;
  };
  mutable Mutex mutex_;
  std::array<Failures, 2> failures_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_HEALTH_DETECTOR_OUTCOMES_H_
