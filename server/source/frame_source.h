// FrameSource: where frames come from: a microscope over gRPC, or a replay of files.
//
// Next() is called by one thread, the pipeline's ingest thread. Cancel() may be called by any
// thread, at any time, more than once; Next() then returns CANCELLED soon and for ever.
#ifndef ATOMSTREAM_SERVER_SOURCE_FRAME_SOURCE_H_
#define ATOMSTREAM_SERVER_SOURCE_FRAME_SOURCE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/image/frame.h"

namespace atomstream {

class FrameSource {
 public:
  virtual ~FrameSource() = default;

  // Blocks until the next frame is here. The error says what the caller should do:
  //   INVALID_ARGUMENT  this frame was refused; call again, the next may be good
  //   UNAVAILABLE       the link is lost or the source is not there; back off, then call again.
  //                     server/record/source_loss.h tells why
  //   OUT_OF_RANGE      a replay has come to its end
  //   CANCELLED         Cancel() was called
  // Any other code is treated as UNAVAILABLE.
  virtual absl::StatusOr<std::shared_ptr<const Frame>> Next() = 0;

  // How long it took to unpack and check the frame that Next() gave or refused last, without
  // waiting for it; zero: not measured. For the thread of Next().
  virtual absl::Duration decode_time() const { return absl::ZeroDuration(); }

  virtual void Cancel() = 0;

  // Kind and address for people, e.g. "microscope 127.0.0.1:50060". Constant; any thread.
  virtual std::string Description() const = 0;
};

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SOURCE_FRAME_SOURCE_H_
