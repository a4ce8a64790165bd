// MakeReplaySource: frames from NPY and TIFF files, as if a microscope delivered them.
//
// Frames are numbered 1, 2, 3, … and named "file#page" (from the second round of a loop
// "file#page@round"), so that a replay gives the same results every time.
#ifndef ATOMSTREAM_SERVER_SOURCE_REPLAY_SOURCE_H_
#define ATOMSTREAM_SERVER_SOURCE_REPLAY_SOURCE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/base/interruptible_wait.h"
#include "server/source/frame_source.h"

namespace atomstream {

struct ReplaySourceOptions {
  std::string path;          // a file, or a folder whose .npy, .tif and .tiff files go by name
  double rate_hz = 0;        // frames per second; 0: as fast as they are taken
  bool loop = false;         // start again at the end, until a whole round gives no frame
  double pixel_size_nm = 0;  // for files that do not say; 0: unknown
  std::string material;      // of the frames; empty: as configured
};

// NotFound if there is no such file or folder or the folder has no image; InvalidArgument names the
// option and its value. Next() then refuses an unreadable or truncated file with INVALID_ARGUMENT
// once and goes on with the next file; a page that is no valid frame is refused alone. The list of
// files is read once. `wait` is interrupted by Cancel(). `clock` outlives the source.
absl::StatusOr<std::unique_ptr<FrameSource>> MakeReplaySource(
    const ReplaySourceOptions& options, const Clock* clock,
    std::unique_ptr<InterruptibleWait> wait);

}  // namespace atomstream

#endif  // ATOMSTREAM_SERVER_SOURCE_REPLAY_SOURCE_H_
