// SourceStatus: the state of the link to the frame source. Plain data.
#ifndef ATOMSTREAM_SERVER_RECORD_SOURCE_STATUS_H_
#define ATOMSTREAM_SERVER_RECORD_SOURCE_STATUS_H_

#include <cstdint>
#include <string>

namespace atomstream {

enum class SourceState {
  kNone,        // no source is configured
  kConnecting,  // connecting, or waiting to try again after a loss
  kStreaming,   // frames are flowing
  kFinished,    // a replay has come to its end
};

struct SourceStatus {
  SourceState state = SourceState::kNone;
  std::string description;  // kind and address, e.g. "microscope 127.0.0.1:50060"
  std::string last_error;   // empty: none since the last success
  int64_t reconnects = 0;   // how often the link was lost and tried again
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_RECORD_SOURCE_STATUS_H_
