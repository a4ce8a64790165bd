// RequestIds: names for calls whose callers gave none: "5c1e09f2-17", the run and a number.
//
// Owned by the daemon, outlives the gRPC server. Thread-safe.
#ifndef ATOMSTREAM_SERVER_SERVICE_REQUEST_IDS_H_
#define ATOMSTREAM_SERVER_SERVICE_REQUEST_IDS_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"

namespace atomstream {

class RequestIds {
 public:
  // `run`: random, so that two runs of the daemon give no call the same name.
  explicit RequestIds(uint32_t run) : run_(absl::StrCat(absl::Hex(run, absl::kZeroPad8), "-")) {}

  std::string Next() { return absl::StrCat(run_, ++calls_); }

 private:
  const std::string run_;
  std::atomic<int64_t> calls_{0};
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SERVICE_REQUEST_IDS_H_
