// The spans of one published result: where the time of its frame went. Pure; any thread.
#ifndef ATOMSTREAM_SERVER_TRACE_RESULT_SPANS_H_
#define ATOMSTREAM_SERVER_TRACE_RESULT_SPANS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "server/record/frame_record.h"
#include "server/trace/span.h"

namespace atomstream {

// A result, and how long it took to keep it and to hand it over.
struct TracedResult {
  FrameRecordPtr record;
  absl::Duration store;
  absl::Duration publish;
};

// Of a trace of its own, unless the record has a trace context: then below the caller's span. The
// first one spans all of the rest, from the frame's arrival to the hand-over:
//
//   frame: queue, process: <the detector's stages>, order, drift, store, publish
//
// Stages of the detector are laid one behind the other, as they run. `random` gives 64 random bits.
std::vector<Span> SpansOf(const TracedResult& result, const std::function<uint64_t()>& random);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_TRACE_RESULT_SPANS_H_
