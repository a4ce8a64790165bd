// How far a thread stands back for others.
#ifndef ATOMSTREAM_SERVER_INFERENCE_THREAD_NICENESS_H_
#define ATOMSTREAM_SERVER_INFERENCE_THREAD_NICENESS_H_

#include "absl/status/status.h"

namespace atomstream {

// Sets the niceness of the calling thread only (Linux keeps one a thread) and of those that it
// starts later. 0 … 19; lowering it again needs a right that the daemon does not have.
absl::Status SetThreadNiceness(int niceness);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_INFERENCE_THREAD_NICENESS_H_
